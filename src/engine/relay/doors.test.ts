import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { ipv4, listen, loopbackAddress } from "../../../test/support/loopback.ts";
import { policyOf, systemClock } from "../../../test/support/relay.ts";
import type { Policy } from "../../policy/policy.ts";
import { Doors } from "./doors.ts";

const HOST = loopbackAddress();
const PORTS = [42_110, 42_111, 42_112, 42_113];

const policy = (...ports: readonly number[]): Policy =>
  policyOf(
    ports.map((port) => ({ listen: { address: ipv4(HOST), port }, target: { address: ipv4("127.0.0.1"), port: 1 } })),
  );

function doors({ blocked = () => undefined }: { readonly blocked?: () => void } = {}): Doors {
  return new Doors({
    clock: systemClock,
    events: { blocked, unblocked: () => undefined, unclaimed: () => undefined },
    accept: (_, socket) => socket.destroy(),
    inherited: new Map(),
  });
}

/** The ports that are open, asked of the system. */
async function open(): Promise<readonly number[]> {
  const asked = PORTS.map(async (port) => {
    const socket = connect({ host: HOST, port });
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    return isOpen ? [port] : [];
  });
  return (await Promise.all(asked)).flat();
}

test("from one policy to the next: what is new opens, what is gone closes", async () => {
  const all = doors();
  for (const ports of [[42_110], [42_110, 42_112, 42_113], [42_113, 42_111], [], [42_110]]) {
    await all.apply(policy(...ports));
    assert.deepEqual(await open(), ports.toSorted());
    assert.equal(all.size, ports.length);
  }
  all.closeAll();
  assert.deepEqual(await open(), []);
});

test("all closed in the last moment of an application: the same policy opens all again", async () => {
  const all = doors();
  await all.apply(policy(42_110, 42_111));
  const applying = all.apply(policy(42_110, 42_111));
  all.closeAll();
  await applying;
  await all.apply(policy(42_110, 42_111));
  assert.deepEqual(await open(), [42_110, 42_111]);
  all.closeAll();
});

test("an application that fails halfway: the next one closes what it had opened and nobody asks for", async () => {
  await using taken = await listen(() => undefined, { host: HOST, port: 42_112 });
  const all = doors({
    blocked: () => {
      throw new Error("nobody to tell");
    },
  });
  await all.apply(policy(42_110));
  await assert.rejects(all.apply(policy(42_110, 42_111, taken.port, 42_113)), /nobody to tell/);
  assert.deepEqual(await open(), [42_110, 42_111, taken.port]);
  await all.apply(policy(42_110));
  assert.deepEqual(await open(), [42_110, taken.port]);
  all.closeAll();
});
