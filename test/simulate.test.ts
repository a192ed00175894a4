/** Simulated terminals and tills over real sockets, on loopback only. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { suite, test } from "node:test";
import { EcluseError } from "../src/errors.ts";
import type { BehaviourName } from "../src/simulate/behaviours.ts";
import { BEHAVIOURS, isBehaviour } from "../src/simulate/behaviours.ts";
import { printMessage } from "../src/simulate/caisse-ap.ts";
import type { TerminalEvent, TerminalEventKind } from "../src/simulate/events.ts";
import { identificationRequest, NO_CARD, paymentRequest } from "../src/simulate/messages.ts";
import type { TerminalOptions } from "../src/simulate/terminal.ts";
import { SimulatedTerminal } from "../src/simulate/terminal.ts";
import type { PaymentOptions, PaymentResult } from "../src/simulate/till.ts";
import { pay } from "../src/simulate/till.ts";

const REQUEST = printMessage(paymentRequest({ amountCents: 2500, till: 1 }));
/** Never reached by a passing test. */
const LONG = 60_000;
/** Within which a terminal has heard a till, on a busy machine too. */
const HEARD = 1_000;

interface Trial extends AsyncDisposable {
  readonly terminal: SimulatedTerminal;
  readonly events: readonly TerminalEvent[];
  /** Resolves at the next event of this kind. */
  readonly next: (kind: TerminalEventKind) => Promise<unknown>;
  readonly pay: (options?: Partial<PaymentOptions>) => Promise<PaymentResult>;
  /** A client that the test drives itself. */
  readonly client: () => Socket;
}

async function trial(behaviour: BehaviourName, options: Partial<TerminalOptions> = {}): Promise<Trial> {
  const terminal = await SimulatedTerminal.start({
    address: "127.17.22.10",
    port: 0,
    behaviour,
    delay: 20,
    gap: 20,
    ...options,
  });
  const events: TerminalEvent[] = [];
  terminal.onEvent((event) => events.push(event));
  const host = terminal.address;
  const clients: Socket[] = [];
  return {
    terminal,
    events,
    next: (kind) => once(terminal, kind),
    pay: (more) => pay({ host, port: terminal.port, amountCents: 2500, quiet: 50, timeout: LONG, ...more }),
    client: () => {
      const socket = connect({ host, port: terminal.port, noDelay: true, allowHalfOpen: true });
      clients.push(socket.on("error", () => undefined).resume());
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      await terminal.close();
    },
  };
}

function kinds(events: readonly TerminalEvent[]): string {
  return events.map((event) => event.kind).join(" ");
}

/** Without duration and bytes, which tests look at by themselves. */
function outcome(result: PaymentResult): object {
  return Object.fromEntries(Object.entries(result).filter(([name]) => name !== "duration" && name !== "bytes"));
}

suite("a simulated terminal", () => {
  test("pay: answers after the delay and closes when the client closes", async () => {
    await using at = await trial("pay");
    const closed = at.next("closed");
    const result = await at.pay();
    await closed;
    assert.deepEqual(outcome(result), { kind: "accepted" });
    assert.ok(result.duration >= 19, `the customer took ${result.duration} ms`);
    assert.equal(kinds(at.events), "connection request answered closed");
    const [, request, answered, end] = at.events;
    assert.deepEqual(request, { kind: "request", session: 1, request: "payment", bytes: REQUEST.length });
    assert.deepEqual(answered, { kind: "answered", session: 1, bytes: result.bytes });
    const counts = { received: REQUEST.length, sent: result.bytes };
    assert.deepEqual(end, { kind: "closed", session: 1, how: "closed", by: "client", ...counts });
  });

  test("pay: answers a client that has ended its direction", async () => {
    await using at = await trial("pay");
    assert.deepEqual(outcome(await at.pay({ endAfterRequest: true })), { kind: "accepted" });
  });

  test("pay: an identification is answered without a customer", async () => {
    await using at = await trial("pay", { delay: LONG });
    const client = at.client();
    client.write(printMessage(identificationRequest({ till: 1 })));
    await at.next("answered");
    assert.equal(kinds(at.events), "connection request answered");
  });

  test("pay: a request that comes byte by byte is one request", async () => {
    await using at = await trial("pay");
    const client = at.client();
    await once(client, "connect");
    for (const byte of REQUEST) await new Promise((written) => client.write(Buffer.of(byte), written));
    await at.next("answered");
    assert.equal(kinds(at.events), "connection request answered");
  });

  test("pay: a second request on the same connection is read and ignored", async () => {
    await using at = await trial("pay");
    const client = at.client();
    const answered = at.next("answered");
    client.write(REQUEST);
    await answered;
    const closed = at.next("closed");
    client.end(REQUEST);
    await closed;
    assert.equal(kinds(at.events), "connection request answered closed");
    const last = at.events.at(-1);
    assert.ok(last?.kind === "closed");
    assert.equal(last.received, 2 * REQUEST.length);
  });

  test("pay: a client that comes and goes without a word is let go", async () => {
    await using at = await trial("pay");
    const closed = at.next("closed");
    at.client().end();
    await closed;
    const nothing = { how: "closed", by: "client", received: 0, sent: 0 };
    assert.deepEqual(at.events.at(-1), { kind: "closed", session: 1, ...nothing });
  });

  test("pay: a client that resets while the customer types is not answered", async () => {
    await using at = await trial("pay", { delay: LONG });
    const requested = at.next("request");
    const client = at.client();
    client.write(REQUEST);
    await requested;
    const closed = at.next("closed");
    client.resetAndDestroy();
    await closed;
    assert.equal(kinds(at.events), "connection request closed");
    const last = at.events.at(-1);
    assert.ok(last?.kind === "closed");
    assert.deepEqual([last.how, last.by], ["reset", "client"]);
  });

  test("decline: says so, with its reason", async () => {
    await using at = await trial("decline");
    assert.deepEqual(outcome(await at.pay()), { kind: "declined", reason: "04" });
    await using other = await trial("decline", { reason: "11" });
    assert.deepEqual(outcome(await other.pay()), { kind: "declined", reason: "11" });
  });

  test("split: a till that reads on understands, a till that reads once does not", async () => {
    await using at = await trial("split");
    assert.deepEqual(outcome(await at.pay()), { kind: "accepted" });
    const once = await at.pay({ singleRead: true });
    assert.deepEqual(outcome(once), { kind: "cut", by: "single-read" });
  });

  test("a till that reads once understands an answer in one piece", async () => {
    await using at = await trial("pay");
    assert.deepEqual(outcome(await at.pay({ singleRead: true })), { kind: "accepted" });
  });

  test("receipt: the answer has 64 KiB", async () => {
    await using at = await trial("receipt");
    const result = await at.pay({ quiet: 1_000 });
    assert.deepEqual(outcome(result), { kind: "accepted" });
    assert.ok(result.bytes >= 65_536);
  });

  test("receipt: a till that reads once closes upon the rest, and the terminal sees a reset", async () => {
    await using at = await trial("receipt");
    const closed = at.next("closed");
    assert.deepEqual(outcome(await at.pay({ singleRead: true })), { kind: "cut", by: "single-read" });
    await closed;
    const last = at.events.at(-1);
    assert.ok(last?.kind === "closed");
    assert.deepEqual([last.how, last.by], ["reset", "client"]);
  });

  test("closes-first: the terminal ends first", async () => {
    await using at = await trial("closes-first");
    const client = at.client();
    const ended = once(client, "end");
    client.write(REQUEST);
    await ended;
    const closed = at.next("closed");
    client.end();
    await closed;
    const last = at.events.at(-1);
    assert.ok(last?.kind === "closed");
    assert.deepEqual([last.how, last.by], ["closed", "terminal"]);
    assert.deepEqual(outcome(await at.pay({ quiet: LONG })), { kind: "accepted" });
  });

  for (const [behaviour, open] of [
    ["pay", 0],
    ["never-closes", 1],
  ] as const) {
    test(`${behaviour}: ${open} sessions are left when the client has closed`, async () => {
      await using at = await trial(behaviour);
      const client = at.client();
      const answered = at.next("answered");
      client.write(REQUEST);
      await answered;
      client.end();
      // A whole payment later the end of the first client has long arrived.
      const second = await at.pay();
      assert.equal(second.kind, "accepted");
      assert.equal(at.events.filter((event) => event.kind === "closed" && event.session === 1).length, 1 - open);
      assert.equal(client.readableEnded, open === 0);
    });
  }

  test("half-close: answers only behind the client's end", async () => {
    await using at = await trial("half-close");
    assert.deepEqual(outcome(await at.pay({ endAfterRequest: true })), { kind: "accepted" });
    assert.deepEqual(outcome(await at.pay({ timeout: 100 })), { kind: "timeout" });
  });

  test("silent: never answers, closes with the client", async () => {
    await using at = await trial("silent");
    const closed = at.next("closed");
    assert.deepEqual(outcome(await at.pay({ timeout: HEARD })), { kind: "timeout" });
    await closed;
    assert.equal(kinds(at.events), "connection request closed");
  });

  test("stall: never reads a byte", async () => {
    await using at = await trial("stall");
    assert.deepEqual(outcome(await at.pay({ timeout: HEARD })), { kind: "timeout" });
    await at.terminal.close();
    assert.equal(kinds(at.events), "connection closed");
    const last = at.events.at(-1);
    assert.ok(last?.kind === "closed");
    assert.equal(last.received, 0);
  });

  test("cut: half of an answer, then a reset", async () => {
    await using at = await trial("cut");
    const result = await at.pay();
    assert.deepEqual(outcome(result), { kind: "cut", by: "ECONNRESET" });
    assert.ok(result.bytes > 0);
  });

  test("reset: upon the request", async () => {
    await using at = await trial("reset");
    const closed = at.next("closed");
    assert.deepEqual(outcome(await at.pay()), { kind: "refused", code: "ECONNRESET" });
    await closed;
    assert.equal(kinds(at.events), "connection request closed");
  });

  test("reset-at-once: nothing is read", async () => {
    await using at = await trial("reset-at-once");
    const closed = at.next("closed");
    assert.deepEqual(outcome(await at.pay()), { kind: "refused", code: "ECONNRESET" });
    await closed;
    assert.equal(kinds(at.events), "connection closed");
  });

  test("busy: a second session is turned away, and not the one after", async () => {
    await using at = await trial("busy");
    const first = at.client();
    const connected = at.next("connection");
    await connected;
    assert.deepEqual(outcome(await at.pay()), { kind: "refused", code: "ECONNRESET" });
    assert.equal(kinds(at.events), "connection turned-away");
    const closed = at.next("closed");
    first.end();
    await closed;
    assert.deepEqual(outcome(await at.pay()), { kind: "accepted" });
    assert.equal(at.terminal.mostAtOnce, 1);
  });

  test("refuse: nobody listens", async () => {
    await using at = await trial("refuse");
    assert.deepEqual(outcome(await at.pay()), { kind: "refused", code: "ECONNREFUSED" });
    assert.deepEqual(at.events, []);
  });

  test("counts the sessions open now and the most at once", async () => {
    await using at = await trial("silent");
    const clients = [at.client(), at.client(), at.client()];
    while (at.events.length < 3) await at.next("connection");
    assert.equal(at.terminal.open, 3);
    for (const client of clients) client.end();
    while (at.events.length < 6) await at.next("closed");
    assert.equal(at.terminal.open, 0);
    await at.pay({ timeout: 50 });
    assert.equal(at.terminal.mostAtOnce, 3);
  });

  for (const [bytes, why] of [
    [Buffer.from("GET / HTTP/1.1\r\n\r\n"), "first-tag-not-CZ"],
    [
      Buffer.concat([Buffer.from("CZ0040300"), ...Array<Buffer>(5).fill(Buffer.from(`ZT999${"-".repeat(999)}`))]),
      "too-long",
    ],
  ] as const) {
    test(`a request that is ${why} is reset`, async () => {
      await using at = await trial("pay");
      const client = at.client();
      const closed = at.next("closed");
      client.write(bytes);
      await closed;
      assert.equal(kinds(at.events), "connection unreadable closed");
      const [, unreadable, last] = at.events;
      assert.ok(unreadable?.kind === "unreadable" && last?.kind === "closed");
      assert.equal(unreadable.why, why);
      assert.deepEqual([last.how, last.by], ["reset", "terminal"]);
    });
  }

  test("no event holds an amount, a card number or any other byte of a message", async () => {
    await using at = await trial("pay");
    await at.pay({ amountCents: 987_654_321 });
    const said = JSON.stringify(at.events);
    for (const secret of ["987654321", NO_CARD, "CZ004", "978"]) assert.ok(!said.includes(secret), secret);
  });

  test("every behaviour has its row, and nothing else is one", () => {
    for (const name of Object.keys(BEHAVIOURS)) assert.ok(isBehaviour(name));
    assert.ok(!isBehaviour("toString") && !isBehaviour("Pay") && !isBehaviour(""));
  });
});

suite("the life of a terminal", () => {
  test("a taken port is an error that says so", async () => {
    await using at = await trial("pay");
    const second = trial("pay", { port: at.terminal.port });
    await assert.rejects(second, (error) => {
      assert.ok(error instanceof EcluseError);
      assert.equal(error.code, "cannot-listen");
      assert.equal(error.message, `Cannot listen on 127.17.22.10:${at.terminal.port}: address already in use`);
      assert.notEqual(error.hint, "");
      return true;
    });
  });

  test("an address of another host is an error that says so", async () => {
    await assert.rejects(trial("pay", { address: "192.0.2.1" }), {
      code: "cannot-listen",
      message: "Cannot listen on 192.0.2.1:0: the address is not on this host",
    });
  });

  test("a delay beyond 180 s is a bug", async () => {
    for (const delay of [-1, 180_001, NaN]) await assert.rejects(trial("pay", { delay }), RangeError);
  });

  test("the signal closes it, and resets the session in progress", async () => {
    const stop = new AbortController();
    await using at = await trial("pay", { delay: LONG, signal: stop.signal });
    const requested = at.next("request");
    const paying = at.pay();
    await requested;
    stop.abort();
    assert.deepEqual(outcome(await paying), { kind: "refused", code: "ECONNRESET" });
    await at.terminal.close();
    assert.deepEqual(outcome(await at.pay()), { kind: "refused", code: "ECONNREFUSED" });
    assert.equal(at.terminal.open, 0);
  });

  test("a signal that came before is the reason not to start", async () => {
    const reason = new Error("too late");
    await assert.rejects(trial("pay", { signal: AbortSignal.abort(reason) }), reason);
  });

  test("closing twice is closing once", async () => {
    const at = await trial("pay");
    await Promise.all([at.terminal.close(), at.terminal.close()]);
    await at[Symbol.asyncDispose]();
  });
});

suite("a till", () => {
  test("comes from the address it is told", async () => {
    await using at = await trial("pay");
    await at.pay({ localAddress: "127.0.0.9" });
    const [first] = at.events;
    assert.ok(first?.kind === "connection");
    assert.match(first.peer, /^127\.0\.0\.9:\d+$/);
  });

  test("abandons with the reason of its signal", async () => {
    const stop = new AbortController();
    const reason = new Error("the shop closes");
    await using at = await trial("silent");
    const requested = at.next("request");
    const paying = at.pay({ signal: stop.signal });
    await requested;
    const closed = at.next("closed");
    stop.abort(reason);
    await assert.rejects(paying, reason);
    await closed;
    await assert.rejects(at.pay({ signal: stop.signal }), reason);
  });

  test("an amount that cannot be is a bug", () => {
    assert.throws(() => pay({ host: "127.0.0.1", port: 1, amountCents: 0 }), RangeError);
  });

  const strangers = [
    ["ends without a word", (socket: Socket) => socket.end(), { kind: "empty" }],
    ["says something else", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request"), { kind: "unreadable" }],
    ["answers without an outcome", (socket: Socket) => socket.end("CZ0040300"), { kind: "cut", by: "end" }],
    ["ends within a field", (socket: Socket) => socket.end("CZ0040300AE00210AC00612"), { kind: "cut", by: "end" }],
    ["goes on after its outcome", goesOn, { kind: "accepted" }],
    ["answers with an unknown outcome", (socket: Socket) => socket.end("CZ0040300AE00277"), { kind: "unreadable" }],
    ["takes note", (socket: Socket) => socket.end("CZ0040300AE00211"), { kind: "taken-into-account" }],
    ["declines without a reason", (socket: Socket) => socket.end("CZ0040300AE00201"), { kind: "declined", reason: "" }],
  ] as const;
  for (const [what, behave, expected] of strangers) {
    test(`facing a server that ${what}: ${expected.kind}`, async () => {
      const server = createServer((socket) => void behave(socket.on("error", () => undefined).resume()));
      server.listen(0, "127.17.1.10");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const result = await pay({ host: "127.17.1.10", port, amountCents: 100, timeout: LONG, quiet: 200 });
      assert.deepEqual(outcome(result), expected);
      server.close();
    });
  }
});

/** The outcome, at once the beginning of a field, and its end after the till's quiet time. */
function goesOn(socket: Socket): void {
  socket.write("CZ0040300AE00210");
  setTimeout(() => socket.write("ZT00512"), 10);
  setTimeout(() => socket.end("345"), 260);
}
