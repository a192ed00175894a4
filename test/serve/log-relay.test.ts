/** `ecluse serve` before every kind of output that has stopped: the relay does not feel it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { isListening, listen, until } from "../support/loopback.ts";
import { OUTPUTS, type Stopped } from "./outputs.ts";
import { type LogLine, MAIN, inventoryFile, siteBefore } from "./serving.ts";

type Door = { readonly host: string; readonly port: number; readonly localAddress: string };

/** How long each of so many exchanges took, in milliseconds, shortest first; eight at a time. */
async function exchanges(count: number, door: Door): Promise<readonly number[]> {
  const took: number[] = [];
  let left = count;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const began = performance.now();
      const socket = connect({ ...door, noDelay: true });
      socket.write("ping");
      const [reply] = (await once(socket, "data")) as [Buffer];
      assert.equal(reply.toString(), "ping");
      took.push(performance.now() - began);
      // Not a FIN: 15,000 ports in TIME-WAIT would slow down everybody on this machine.
      socket.resetAndDestroy();
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return took.toSorted((a, b) => a - b);
}

interface Relaying extends AsyncDisposable {
  readonly stopped: Stopped;
  readonly door: Door;
}

async function relaying(start: (words: readonly string[]) => Stopped): Promise<Relaying> {
  await using resources = new AsyncDisposableStack();
  const target = resources.use(await listen((socket) => void socket.pipe(socket)));
  const site = await siteBefore([target]);
  const [door] = site.doors;
  assert.ok(door);
  const file = inventoryFile(site.inventory);
  resources.defer(file.remove);
  const stopped = resources.use(
    start(["--conditions=source", MAIN, "serve", "--json", "--inventory", file.path, ...file.ownPlaces]),
  );
  await until(() => isListening(door), "a door").catch(() => undefined);
  assert.ok(isListening(door), `no door: ${stopped.program.errors()}`);
  const owned = resources.move();
  return { stopped, door: { ...door, localAddress: site.till }, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function endsPromptly({ program, pid }: Stopped): Promise<void> {
  const before = performance.now();
  process.kill(pid(), "SIGTERM");
  assert.deepEqual(await program.exited, [0, null]);
  assert.ok(performance.now() - before < 20_000);
  assert.equal(program.errors(), "");
}

suite("ecluse serve before", { timeout: 180_000 }, () => {
  for (const { name, skip, start } of OUTPUTS) {
    test(`${name}: payments are as fast as ever, and it ends promptly`, { skip }, async () => {
      await using relay = await relaying(start);
      const took = await exchanges(400, relay.door);
      const median = took[200] ?? Infinity;
      // Whoever waited for the output would wait for good.
      assert.ok(
        median < 1_000 && (took.at(-1) ?? Infinity) < 10_000,
        `median ${median} ms, most ${took.at(-1) ?? 0} ms`,
      );
      await endsPromptly(relay.stopped);
    });
  }

  const [unread] = OUTPUTS;

  test("15,000 sessions that nobody reads of: each is told or counted once somebody does", async () => {
    assert.ok(unread);
    await using relay = await relaying(unread.start);
    const { stopped, door } = relay;
    await exchanges(15_000, door);
    stopped.revive?.();
    const lines = (): readonly LogLine[] => stopped.text().split("\n").slice(0, -1).map(parsed);
    await until(() => sessionsOf(lines()) === 15_000, "15,000 sessions told or counted");
    assert.equal(lines().filter(({ event }) => event === "log-dropped").length, 1);
    await endsPromptly(stopped);
  });

  test("the flags of a pipe that it shares with others stay as they were", async () => {
    assert.ok(unread);
    await using relay = await relaying(unread.start);
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${relay.stopped.pid()}/fdinfo/1`, "utf8"))?.[1];
    assert.equal(Number.parseInt(flags ?? "", 8) & 0o4000, 0, "O_NONBLOCK");
    await endsPromptly(relay.stopped);
  });
});

function parsed(line: string): LogLine {
  return JSON.parse(line) as LogLine;
}

/** Told each for itself, or counted as dropped; `ready` may be among the dropped. */
function sessionsOf(lines: readonly LogLine[]): number {
  return lines.reduce((sum, { event, count }) => sum + (event === "session" ? 1 : Number(count ?? 0)), 0);
}
