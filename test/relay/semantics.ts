/**
 * Seven things a relay of payments must do, written against any relay: given a target, it opens a port and relays.
 *
 * No relay of the anchors does all seven, which is how we know that these checks can fail: `semantics.test.ts` runs them
 * against Ecluse, a HAProxy and Node's plain `pipe()`, and says which of them each is known to fail.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { type Peer, dial, ending, listen, pause, settled } from "../support/loopback.ts";

/** Opens a relay to a target; disposed by whoever started it. */
export type StartRelay = (target: Peer) => Promise<{ readonly host: string; readonly port: number } & AsyncDisposable>;

export interface Semantic {
  readonly name: string;
  readonly check: (start: StartRelay) => Promise<void>;
}

const THREE_MIB = Buffer.alloc(3 * 1024 * 1024, "three mebibytes, ");

/** A target, the relay before it, and one connection through both. */
async function through(start: StartRelay, use: (client: Socket, target: Socket) => Promise<void>): Promise<void> {
  const accepted = Promise.withResolvers<Socket>();
  await using peer = await listen((socket) => accepted.resolve(socket));
  await using relay = await start(peer);
  const client = await dial(relay);
  client.on("error", () => undefined);
  try {
    // One byte each way first: the way is open from end to end, and nothing of it is still being set up.
    client.write("?");
    const target = await within(accepted.promise, "a connection at the target");
    await within(once(target, "data"), "the first byte at the target");
    target.write("!");
    await within(once(client, "data"), "the first byte at the client");
    await use(client, target);
  } finally {
    client.destroy();
  }
}

async function within<T>(promise: Promise<T>, what: string, milliseconds = 8_000): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error(`not within ${milliseconds} ms: ${what}`)), milliseconds);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/** How long a terminal thinks after the client's FIN: longer than relays that give up half-closed sessions (0.5 s). */
const THINKING = 900;

export const SEMANTICS: readonly Semantic[] = [
  {
    name: "half-close from the client: the answer still comes",
    check: (start) =>
      through(start, async (client, target) => {
        const request = ending(target);
        const answer = ending(client);
        client.end("request");
        assert.deepEqual(text(await within(request, "the client's FIN at the target")), {
          by: "end",
          bytes: "request",
        });
        await pause(THINKING);
        target.end("answer");
        assert.deepEqual(text(await within(answer, "the answer")), { by: "end", bytes: "answer" });
      }),
  },
  {
    name: "half-close from the terminal: the client may still speak",
    check: (start) =>
      through(start, async (client, target) => {
        const greeting = ending(client);
        const rest = ending(target);
        target.end("greeting");
        assert.deepEqual(text(await within(greeting, "the target's FIN")), { by: "end", bytes: "greeting" });
        await pause(THINKING);
        client.end("the rest");
        assert.deepEqual(text(await within(rest, "the client's rest")), { by: "end", bytes: "the rest" });
      }),
  },
  {
    name: "RST from the client arrives as RST",
    check: (start) =>
      through(start, async (client, target) => {
        const seen = ending(target);
        client.resetAndDestroy();
        assert.equal((await within(seen, "an end at the target", 4_000)).by, "ECONNRESET");
      }),
  },
  {
    name: "RST from the terminal arrives as RST",
    check: (start) =>
      through(start, async (client, target) => {
        const seen = ending(client);
        target.resetAndDestroy();
        assert.equal((await within(seen, "an end at the client", 4_000)).by, "ECONNRESET");
      }),
  },
  {
    name: "3 MiB then close from the client arrives whole",
    check: (start) => through(start, (client, target) => wholeAndClosed(client, target)),
  },
  {
    name: "3 MiB then close from the terminal arrives whole",
    check: (start) => through(start, (client, target) => wholeAndClosed(target, client)),
  },
  {
    name: "back-pressure: a stopped reader stops the writer, and nothing is lost",
    check: (start) => through(start, (client, target) => stoppedReader(target, client)),
  },
];

async function wholeAndClosed(from: Socket, to: Socket): Promise<void> {
  to.pause();
  from.end(THREE_MIB);
  // The reader comes late, so that the close has to wait behind bytes that have nowhere to go yet.
  await pause(300);
  const seen = ending(to);
  to.resume();
  const { by, bytes } = await within(seen, "the end of 3 MiB");
  assert.equal(by, "end");
  assert.ok(bytes.equals(THREE_MIB), `${bytes.length} of ${THREE_MIB.length} bytes, or others`);
  to.end();
}

/** Written in steps until nothing more is taken; two hops of kernel buffers hold a few MiB each, never all of it. */
async function stoppedReader(from: Socket, to: Socket): Promise<void> {
  const step = Buffer.alloc(1024 * 1024, "step ");
  const steps = 256;
  to.pause();
  let handedOver = 0;
  for (let count = 0; count < steps; count += 1) from.write(step, () => (handedOver += 1));
  from.end();
  await settled(() => handedOver);
  assert.ok(handedOver < steps / 2, `${handedOver} of ${steps} MiB were taken from the writer while nobody read`);
  let read = 0;
  to.on("data", (chunk: Buffer) => (read += chunk.length));
  const end = once(to, "end");
  to.resume();
  await within(end, "the end of the stream", 20_000);
  assert.equal(read, steps * step.length);
}

function text(seen: { readonly by: string; readonly bytes: Buffer }): { readonly by: string; readonly bytes: string } {
  return { by: seen.by, bytes: seen.bytes.toString() };
}
