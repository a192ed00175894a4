/** `ecluse events`: a line for each event, through a take-over, until it is told to stop. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { siteBefore, startProgram } from "../serve/serving.ts";
import { type Place, dial, ending, knock, listen, until } from "../support/loopback.ts";
import { replaceable } from "../take-over/replaceable.ts";
import { run } from "../commands/running.ts";

interface Line {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function visit(door: Place, from: string): Promise<void> {
  const client = await dial({ ...door, from });
  client.end("x");
  await ending(client);
}

function eventsOf(words: readonly string[]) {
  const program = startProgram(["events", ...words]);
  const lines: string[] = [];
  assert.ok(program.child.stdout);
  createInterface({ input: program.child.stdout }).on("line", (line) => void lines.push(line));
  return { ...program, lines };
}

suite("ecluse events", { timeout: 180_000 }, () => {
  test("prints what happens at the selected flows, goes on after a take-over, and ends on SIGINT with 0", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    const site = await siteBefore([target, target]);
    const [door, other] = site.doors;
    assert.ok(door && other);
    await using gateway = await replaceable(site.inventory);
    const { control } = gateway;
    await using followed = eventsOf(["door1", "--control", control, "--json"]);
    await using text = eventsOf(["--control", control]);
    const parsed = (): readonly Line[] => followed.lines.map((line) => JSON.parse(line) as Line);
    const count = (event: string): number => parsed().filter((line) => line.event === event).length;
    // Who has just begun to follow is told of nothing before: knocks until the first is heard.
    while (count("ended") === 0 || text.lines.length === 0) await visit(door, site.till);
    const before = count("ended");
    await visit(other, site.till);
    await knock({ ...door, from: site.stranger });
    await until(() => count("refused") === 1, "the refusal");
    await gateway.takeOver();
    await until(() => count("lost") === 1, "the new process");
    await visit(door, site.till);
    await until(() => count("ended") > before, "the session after it");
    assert.deepEqual(new Set(parsed().flatMap(({ data }) => data["flow"] ?? [])), new Set(["flow/door1"]));
    const isLost = (line: string): boolean => /^\S+ {2}lost {6}something was missed/.test(line);
    await until(() => text.lines.some(isLost), "lost, in words");
    assert.match(
      text.lines.join("\n"),
      /^\S+ {2}ended {5}flow\/door2 from 127\S+: closed by client after \d+ ms; 1 B/m,
    );
    for (const program of [followed, text]) {
      program.signal("SIGINT");
      assert.deepEqual(await program.exited, [0, null]);
      assert.equal(program.errors(), "");
    }
  });

  test("says once that the gateway is away, and asks on until it is told to stop", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    const site = await siteBefore([target]);
    const [door] = site.doors;
    assert.ok(door);
    await using gateway = await replaceable(site.inventory);
    await using followed = eventsOf(["--control", gateway.control]);
    while (followed.lines.length === 0) await visit(door, site.till);
    gateway.signal("SIGTERM");
    await gateway.exited;
    const AWAY = /^ecluse: warning: Cannot reach the gateway at .*: there is no socket; trying again\n$/;
    await until(() => AWAY.test(followed.errors()), "it is told");
    let asked = 0;
    const mute = createServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    await once(mute.listen(gateway.control), "listening");
    await until(() => asked >= 3, "it asks again and again");
    followed.signal("SIGTERM");
    assert.deepEqual(await followed.exited, [0, null]);
    assert.match(followed.errors(), AWAY, "once");
    mute.close();
  });

  test("nobody there at the start, or no such flow, is an error", async () => {
    await assert.rejects(run(["events", "--control", "/tmp/ecluse-nobody-here.sock"]), { code: "no-gateway" });
    await using target = await listen(() => undefined);
    await using gateway = await replaceable((await siteBefore([target])).inventory);
    await assert.rejects(run(["events", "door9", "--control", gateway.control]), { code: "no-such-flow" });
  });
});
