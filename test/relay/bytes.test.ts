/** Bytes arrive as they were written: all of them, in order, and as whole as they were read. */
import assert from "node:assert/strict";
import { createHash, randomInt } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type Peer, listen, turns, until } from "../support/loopback.ts";
import { through } from "../support/pair.ts";
import { type OpenDoor, openDoor } from "../support/relay.ts";

suite("a chunk", () => {
  for (const size of [1, 1_025, 4_096, 16_000, 40_000])
    test(`of ${size} bytes that the terminal writes arrives as one`, async () => {
      await using pair = await through();
      for (let count = 0; count < 20; count += 1) {
        const heard = once(pair.client, "data");
        pair.target.write(Buffer.alloc(size, "x"));
        const [chunk] = (await heard) as [Buffer];
        assert.equal(chunk.length, size);
      }
    });

  test("does not wait for the one before to be acknowledged (no Nagle)", async () => {
    await using pair = await through();
    const { client, target } = pair;
    for (const socket of [client, target]) socket.setNoDelay(true);
    // An answer in two parts: in a dialogue Linux acknowledges the first only after 40 ms, and Nagle would wait for that.
    target.on("data", () => {
      target.write("a");
      setTimeout(() => target.write("b"), 2);
    });
    const taken: number[] = [];
    for (let round = 1; round <= 40; round += 1) {
      const began = performance.now();
      client.write("q");
      // One byte was exchanged before.
      await until(() => client.bytesRead === 1 + 2 * round, "both parts");
      taken.push(performance.now() - began);
    }
    // A busy machine delays some of them, Nagle would delay all.
    const quick = taken.filter((time) => time < 35).length;
    assert.ok(quick >= 10, `${quick} of ${taken.length}: ${taken.map(Math.round).join(" ")} ms`);
  });
});

/** What one end does, one after another; the other end does its own at the same time. */
type Act =
  | { readonly kind: "write"; readonly size: number }
  | { readonly kind: "wait"; readonly turns: number }
  | { readonly kind: "stop reading"; readonly turns: number }
  | { readonly kind: "end" }
  | { readonly kind: "reset" }
  | { readonly kind: "destroy" };

const quiet: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: sizes().map((size): Act => ({ kind: "write", size })) },
  { weight: 2, arbitrary: fc.nat(5).map((turns): Act => ({ kind: "wait", turns })) },
  { weight: 1, arbitrary: fc.nat(20).map((turns): Act => ({ kind: "stop reading", turns })) },
);

const last: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Act>({ kind: "end" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: "reset" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: "destroy" }) },
);

const script = fc.tuple(fc.array(quiet, { maxLength: 6 }), last).map(([acts, end]) => [...acts, end]);

function sizes(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.constantFrom(65_535, 65_536, 65_537, 300_000));
}

suite("whatever both ends do", () => {
  test("what was sent before a clean FIN arrives exactly, no session is left, nothing throws", async () => {
    const play = new Play();
    await using terminal = await listen((socket) => play.meet(socket));
    // Waiting sessions are part of it: more clients at once than places.
    const limits = { idle: 2_000, halfClosed: 500, stalled: 2_000 };
    await using door = await openDoor(terminal, { sessions: 40, limits });
    const surprises: unknown[] = [];
    const surprised = (error: unknown): void => void surprises.push(error);
    process.on("uncaughtExceptionMonitor", surprised);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(script, script), { minLength: 1, maxLength: 30 }), async (pairs) => {
        await Promise.all(pairs.map(([client, target]) => play.session(door, client, target)));
        await until(() => door.relay.sessions === 0, "every session's end");
        await until(() => isQuiet(terminal), "the terminal alone again");
      }),
      { numRuns: 40, seed: randomInt(2 ** 31 - 1), endOnFailure: true },
    );
    process.off("uncaughtExceptionMonitor", surprised);
    assert.deepEqual(surprises, []);
    assert.ok(play.whole > 100, `${play.whole} directions were compared`);
  });
});

function isQuiet(terminal: Peer): boolean {
  return terminal.count.open === 0;
}

/** Brings the two ends of each session together, by the number that the client says first. */
class Play {
  /** Directions that ended cleanly and were compared. */
  whole = 0;
  #next = 0;
  readonly #scripts = new Map<string, (socket: Socket) => void>();

  /** The terminal's side: reads the number, then plays that session's part. */
  meet(socket: Socket): void {
    const first = (): void => {
      const number = socket.read(8) as Buffer | null;
      if (number === null) return;
      const play = this.#scripts.get(number.toString());
      socket.off("readable", first);
      if (play !== undefined) play(socket.off("end", leave));
      else socket.resume();
    };
    // One that leaves without having said its number, or has left by now, has no part to play.
    const leave = (): void => void socket.end();
    socket.on("readable", first).on("end", leave);
  }

  /** One client and its terminal, each by its script, to the close of the client. */
  async session(door: OpenDoor, acts: readonly Act[], answers: readonly Act[]): Promise<void> {
    const number = String(this.#next).padStart(8, "0");
    this.#next += 1;
    const client = connect({ host: door.host, port: door.port, allowHalfOpen: true });
    const near = new End(client);
    const far = Promise.withResolvers<End>();
    this.#scripts.set(number, (socket) => {
      const end = new End(socket);
      far.resolve(end);
      end.play(answers);
    });
    client.write(number);
    near.play(acts);
    await near.closed;
    this.#scripts.delete(number);
    // A client that was refused, or left before its number arrived, has no terminal.
    const other = await Promise.race([far.promise, near.closed.then(() => undefined)]);
    if (other === undefined) return;
    await other.closed;
    this.#compare(near, other);
    this.#compare(other, near);
  }

  /** A reader that came to a clean end has read exactly what the writer wrote before its clean end. */
  #compare(writer: End, reader: End): void {
    if (!reader.cleanEnd) return;
    assert.notEqual(writer.lastAct, "reset", "a clean end where there was a reset");
    // Whoever closes without waiting drops what was still to be written.
    if (writer.lastAct !== "end") return;
    assert.equal(reader.read.digest("hex"), writer.written.digest("hex"));
    this.whole += 1;
  }
}

/** One end of a session: plays its script, reads what comes, sums up both. */
class End {
  readonly written = createHash("sha1");
  readonly read = createHash("sha1");
  lastAct: Act["kind"] | undefined;
  cleanEnd = false;
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => this.read.update(chunk));
    socket.on("end", () => (this.cleanEnd = true));
  }

  play(acts: readonly Act[]): void {
    void this.#play(acts);
  }

  async #play(acts: readonly Act[]): Promise<void> {
    for (const act of acts) {
      if (this.#socket.destroyed) return;
      await this.#do(act);
    }
  }

  async #do(act: Act): Promise<void> {
    const socket = this.#socket;
    this.lastAct = act.kind;
    if (act.kind === "write") this.#write(act.size);
    else if (act.kind === "wait") await turns(act.turns);
    else if (act.kind === "end") socket.end();
    else if (act.kind === "reset") socket.resetAndDestroy();
    else if (act.kind === "destroy") socket.destroy();
    else {
      socket.pause();
      await turns(act.turns);
      socket.resume();
    }
  }

  #write(size: number): void {
    const chunk = Buffer.alloc(size, String(Math.random()));
    this.written.update(chunk);
    this.#socket.write(chunk);
  }
}
