/** One source cannot starve another: whoever comes calmly is served while somebody else knocks as fast as can be. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { flood } from "../support/flood.ts";
import { type Place, dial, ending, listen, until } from "../support/loopback.ts";
import { freeEndpoint, policyOf, startRelay } from "../support/relay.ts";

const FLOODER = "127.64.40.2";
const CALM = "127.64.40.3";
/** More than wait at one door by Node's own choice, 511. */
const BURST = 1_000;
const CALLS = 20;
/** For knocks from a thread beside this one, in milliseconds; on a busy machine its turn comes late. */
const PATIENCE = 10_000;

/** Doors to one echoing terminal. */
async function doors(count: number, allow: readonly string[]) {
  const terminal = await listen((socket) => socket.pipe(socket));
  const places = await Promise.all(Array.from({ length: count }, freeEndpoint));
  const started = startRelay();
  const specs = places.map(({ endpoint }) => ({ listen: endpoint, target: terminal.endpoint, allow }));
  await started.relay.apply(policyOf(specs, { perSource: 10 }));
  return {
    ...started,
    places,
    terminal,
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      await terminal[Symbol.asyncDispose]();
    },
  };
}

async function call(place: Place | undefined): Promise<string> {
  assert.ok(place);
  const client = await dial({ ...place, from: CALM });
  const seen = ending(client);
  client.end("hello");
  return String((await seen).bytes);
}

suite("while one source floods", () => {
  const floods: readonly {
    readonly name: string;
    readonly allow: readonly string[];
    readonly outcome: string;
    readonly flooded: (places: readonly Place[]) => readonly Place[];
  }[] = [
    { name: "another door, denied", allow: [CALM], outcome: "denied", flooded: (places) => places.slice(1, 2) },
    { name: "the same door, denied", allow: [CALM], outcome: "denied", flooded: (places) => places.slice(0, 1) },
    { name: "every door, denied", allow: [CALM], outcome: "denied", flooded: (places) => places },
    {
      name: "the same door, allowed but over its limit",
      allow: [CALM, FLOODER],
      outcome: "overload",
      flooded: (places) => places.slice(0, 1),
    },
    {
      name: "every door, allowed but over its limit",
      allow: [CALM, FLOODER],
      outcome: "overload",
      flooded: (places) => places,
    },
  ];
  for (const { name, allow, outcome, flooded } of floods)
    test(`${name}: every call of a calm one is answered`, async () => {
      await using gateway = await doors(20, allow);
      const { places, refused } = gateway;
      await using flooder = await flood({ places: flooded(places), from: FLOODER, atOnce: 200, again: true });
      flooder.begin();
      await until(() => refused.length > 200, "the flood");
      for (let count = 0; count < CALLS; count += 1) {
        const before = refused.length;
        assert.equal(await call(places[0]), "hello");
        // It went on meanwhile.
        await until(() => refused.length > before, "the flood");
      }
      assert.ok(refused.every((refusal) => refusal.outcome === outcome || refusal.reason === "no-address"));
    });

  test(`a burst of ${BURST} at one door is heard whole: nobody has to knock twice`, async () => {
    const room = Math.min(BURST, Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8")));
    await using gateway = await doors(1, [CALM]);
    await using crowd = await flood({ places: gateway.places, from: FLOODER, atOnce: room, again: false });
    crowd.begin();
    // The loop stands still: whom the system does not take in now it never takes in.
    assert.ok(crowd.holdUntil(room, PATIENCE), "not all were heard");
    assert.equal(await call(gateway.places[0]), "hello");
  });

  test("doors are answered in turn: one call at a door does not wait for the crowd at the next", async () => {
    await using gateway = await doors(2, [CALM]);
    const { refused, terminal } = gateway;
    const [quiet, crowded] = gateway.places;
    assert.ok(quiet && crowded);
    await using crowd = await flood({ places: [crowded], from: FLOODER, atOnce: 400, again: false });
    await using caller = await flood({ places: [quiet], from: CALM, atOnce: 1, again: false });
    const before = once(terminal.server, "connection").then(() => refused.length);
    // All of them stand at the doors before the first is answered, the caller last.
    crowd.begin();
    assert.ok(crowd.holdUntil(400, PATIENCE));
    caller.begin();
    assert.ok(caller.holdUntil(1, PATIENCE));
    const answered = await before;
    assert.ok(answered < 100, `after ${answered} of the crowd`);
  });
});
