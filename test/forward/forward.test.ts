/** `ecluse forward` as a process of its own, and as the container image starts it: relays, refuses, drains. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import {
  dial,
  ending,
  freePort,
  isListening,
  knock,
  listen,
  loopbackAddress,
  says,
  until,
} from "../support/loopback.ts";
import { type LogLine, type Program, commandLine, follow } from "../serve/serving.ts";

const IMAGE = new URL("../../src/cli/container.js", import.meta.url).pathname;

interface Door {
  readonly host: string;
  readonly port: number;
}

interface Forwarder extends Program {
  readonly door: Door;
  readonly ofEvent: (event: string) => readonly LogLine[];
}

/** Starts it before a target; resolves once the door is open. */
async function forward(target: Door, words: readonly string[], start = ecluse): Promise<Forwarder> {
  const host = loopbackAddress();
  const door = { host, port: await freePort(host) };
  const at = ["--listen", `${door.host}:${door.port}`];
  const program = follow(start([target.host, String(target.port), ...at, ...words]));
  const lines: LogLine[] = [];
  if (program.child.stdout !== null) {
    createInterface({ input: program.child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as LogLine));
  }
  const ofEvent = (event: string): readonly LogLine[] => lines.filter((line) => line.event === event);
  await until(() => ofEvent("ready").length > 0, "ready").catch(() => assert.fail(program.errors()));
  return { ...program, door, ofEvent };
}

const ecluse = (words: readonly string[]) => spawn(process.execPath, commandLine(["forward", ...words]));
const image = (words: readonly string[]) => spawn(process.execPath, ["--conditions=source", IMAGE, ...words]);

const echo = () => listen((socket) => socket.pipe(socket));

suite("ecluse forward", { timeout: 180_000 }, () => {
  test("relays for whoever is named; everybody else is reset, and the target never hears of them", async () => {
    await using target = await echo();
    const till = loopbackAddress();
    await using forwarder = await forward(target, ["--allow", till]);
    const client = await dial({ ...forwarder.door, from: till });
    assert.equal(await says(client, "hello"), "hello");
    client.end();
    assert.equal((await ending(client)).by, "end");
    assert.equal(await knock({ ...forwarder.door, from: loopbackAddress() }), "ECONNRESET");
    assert.equal(target.count.total, 1);
    await until(() => forwarder.ofEvent("session").length === 1, "the session's line");
    const [line] = forwarder.ofEvent("session");
    assert.deepEqual([line?.["source"], line?.["rule"], line?.["outcome"]], [till, till, "closed"]);
  });

  test("nobody named: it says so, and refuses everybody", async () => {
    await using target = await echo();
    await using forwarder = await forward(target, []);
    for (const from of ["127.0.0.1", forwarder.door.host]) {
      assert.equal(await knock({ ...forwarder.door, from }), "ECONNRESET");
    }
    assert.equal(target.count.total, 0);
    assert.match(forwarder.errors(), /hint: nobody may enter/);
  });

  test("a right that ends ends the session inside", async () => {
    await using target = await echo();
    const till = loopbackAddress();
    // Late enough for a busy machine to start it before.
    const end = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 8_000).toISOString().replace(".000Z", "Z");
    await using forwarder = await forward(target, ["--allow", `${till} until ${end}`, "--revoke", "cut"]);
    const client = await dial({ ...forwarder.door, from: till });
    assert.equal(await says(client, "inside"), "inside");
    assert.equal((await ending(client)).by, "ECONNRESET");
    await until(() => forwarder.ofEvent("session")[0]?.["outcome"] === "expired", "outcome expired");
    assert.equal(await knock({ ...forwarder.door, from: till }), "ECONNRESET");
  });

  test("SIGTERM closes the door and waits for the session inside; nothing else ends it", async () => {
    await using target = await echo();
    const till = loopbackAddress();
    await using forwarder = await forward(target, ["--allow", till]);
    const client = await dial({ ...forwarder.door, from: till });
    assert.equal(await says(client, "one"), "one");
    for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) forwarder.signal(signal);
    await until(() => forwarder.ofEvent("ignored").length === 3, "three signals ignored");
    forwarder.signal("SIGTERM");
    await until(() => !isListening(forwarder.door), "the door closed");
    assert.equal(await says(client, "two"), "two");
    client.end();
    assert.deepEqual(await forwarder.exited, [0, null]);
  });

  test("a second SIGTERM ends it at once, and the exit code says that a session was cut", async () => {
    await using target = await echo();
    const till = loopbackAddress();
    await using forwarder = await forward(target, ["--allow", till]);
    const client = await dial({ ...forwarder.door, from: till });
    assert.equal(await says(client, "one"), "one");
    const ended = ending(client);
    forwarder.signal("SIGTERM");
    await until(() => forwarder.ofEvent("stopping").length === 1, "stopping");
    forwarder.signal("SIGTERM");
    assert.deepEqual(await forwarder.exited, [1, null]);
    assert.equal((await ended).by, "ECONNRESET");
  });

  test("a door that is taken is an error at once", async () => {
    await using taken = await echo();
    const at = ["--listen", `${taken.host}:${taken.port}`];
    const { status, stderr } = spawnSync(process.execPath, commandLine(["forward", "127.0.0.9", "8888", ...at]), {
      encoding: "utf8",
    });
    assert.equal(status, 2);
    assert.match(stderr, /error: Cannot listen on .*: address already in use/);
  });
});

suite("the image's first file", { timeout: 180_000 }, () => {
  test("an address and a port alone are forwarded to", async () => {
    await using target = await echo();
    const till = loopbackAddress();
    await using forwarder = await forward(target, ["--allow", till], image);
    const client = await dial({ ...forwarder.door, from: till });
    assert.equal(await says(client, "hello"), "hello");
    client.destroy();
  });

  test("anything else is a command line of ecluse", () => {
    for (const words of [["--version"], ["serve", "--help"], ["frobnicate"], ["172.17.1.10", "x"]]) {
      const [inside, outside] = [
        spawnSync(process.execPath, ["--conditions=source", IMAGE, ...words], { encoding: "utf8" }),
        spawnSync(process.execPath, commandLine(words[0] === "172.17.1.10" ? ["forward", ...words] : words), {
          encoding: "utf8",
        }),
      ];
      assert.deepEqual([inside.status, inside.stdout, inside.stderr], [outside.status, outside.stdout, outside.stderr]);
    }
  });
});
