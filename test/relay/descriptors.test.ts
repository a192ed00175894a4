/** A process at its descriptor limit: those inside go on, and no refusal is silent. */
import assert from "node:assert/strict";
import { type Socket, connect } from "node:net";
import { test } from "node:test";
import { listen, until } from "../support/loopback.ts";
import { relayProcess } from "../support/relay-process.ts";

const DESCRIPTORS = 200;
const CLIENTS = 400;

test(`${CLIENTS} clients at a process of ${DESCRIPTORS} descriptors: who is in goes on, everyone else sees RST and is counted`, async () => {
  await using terminal = await listen((socket) => socket.pipe(socket));
  await using relay = await relayProcess(terminal, { descriptors: DESCRIPTORS });
  const clients = Array.from({ length: CLIENTS }, () => client(relay));
  await settledAll(clients);
  const inside = clients.filter(({ state }) => state === "inside");
  const refused = clients.filter(({ state }) => state === "ECONNRESET");
  assert.equal(inside.length + refused.length, CLIENTS, states(clients));
  // 64 of the descriptors are in reserve, and each session takes two.
  assert.equal(inside.length, Math.floor((DESCRIPTORS - 1 - 64) / 2));
  const health = await relay.health();
  assert.equal(health.sessions, inside.length);
  assert.deepEqual(health.refused, { descriptors: refused.length });
  assert.ok(health.descriptors < DESCRIPTORS, `${health.descriptors} descriptors`);
  assert.equal(terminal.count.total, inside.length);

  // More come while those inside are asked again.
  const late = Array.from({ length: CLIENTS }, () => client(relay));
  for (const each of inside) each.speak();
  await settledAll([...inside, ...late]);
  assert.ok(
    inside.every(({ state }) => state === "inside"),
    states(inside),
  );
  assert.ok(
    late.every(({ state }) => state === "ECONNRESET"),
    states(late),
  );
  assert.deepEqual((await relay.health()).refused, { descriptors: refused.length + CLIENTS });

  // And when they have left, others come in.
  for (const each of inside) each.socket.destroy();
  await until(() => terminal.count.open === 0, "everyone gone");
  const next = [client(relay)];
  await settledAll(next);
  assert.equal(next[0]?.state, "inside");
  next[0].socket.destroy();
});

/** A client that speaks and hears its own words, or how it was sent away. */
interface Client {
  state: "waiting" | "inside" | (string & {});
  readonly socket: Socket;
  readonly speak: () => void;
}

function client(to: { readonly host: string; readonly port: number }): Client {
  const socket = connect(to);
  const each: Client = {
    state: "waiting",
    socket,
    speak: () => {
      each.state = "waiting";
      socket.write("?");
    },
  };
  socket.on("data", () => (each.state = "inside"));
  socket.on("end", () => (each.state = "end"));
  socket.on("error", (error: NodeJS.ErrnoException) => (each.state = error.code ?? error.name));
  each.speak();
  return each;
}

function settledAll(clients: readonly Client[]): Promise<void> {
  return until(() => clients.every(({ state }) => state !== "waiting"), "an answer for everyone");
}

function states(clients: readonly Client[]): string {
  const counts = new Map<string, number>();
  for (const { state } of clients) counts.set(state, (counts.get(state) ?? 0) + 1);
  return JSON.stringify(Object.fromEntries(counts));
}
