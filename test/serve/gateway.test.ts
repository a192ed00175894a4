/** The gateway itself, with the test's own clock and ears. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../src/cli/clock.ts";
import { Gateway } from "../../src/gateway.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { GatewayEvent } from "../../src/observe/events.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { knock, listen, until } from "../support/loopback.ts";
import { siteBefore } from "./serving.ts";

function policyOf(text: string): Policy {
  const { inventory, findings } = readInventory({ "ecluse.yaml": text }, Date.now());
  if (inventory === undefined) throw new TypeError(findings[0]?.message);
  return compile(inventory);
}

suite("Gateway", () => {
  test("apply tells that it is ready; stop tells how many are inside and how long they have", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    const told: GatewayEvent[] = [];
    const gateway = new Gateway({ clock: systemClock, tell: (event) => void told.push(event) });
    await gateway.apply(policyOf(site.inventory));
    assert.deepEqual(await gateway.openSessions(), []);
    assert.deepEqual(await gateway.stop(500), { cut: 0 });
    assert.deepEqual(told, [
      { event: "ready", doors: 1, blocked: 0, flows: 1 },
      { event: "stopping", sessions: 0, within: 500 },
    ]);
  });

  test("one that is stopped while it opens its doors never says that it is ready", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    const told: GatewayEvent[] = [];
    const gateway = new Gateway({ clock: systemClock, tell: (event) => void told.push(event) });
    const applied = gateway.apply(policyOf(site.inventory));
    assert.deepEqual(await gateway.stop(0), { cut: 0 });
    assert.equal((await applied).open, 0);
    assert.deepEqual(told, [{ event: "stopping", sessions: 0, within: 0 }]);
  });

  test("refusals are told once per period while they come, added up, and at the end", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    const [door] = site.doors;
    assert.ok(door);
    const told: GatewayEvent[] = [];
    let period = (): void => undefined;
    const clock = {
      ...systemClock,
      every: (milliseconds: number, callback: () => void): (() => void) => {
        if (milliseconds !== 321) return systemClock.every(milliseconds, callback);
        period = callback;
        return () => (period = () => undefined);
      },
    };
    const gateway = new Gateway({ clock, tell: (event) => void told.push(event), refusalPeriod: 321 });
    await gateway.apply(policyOf(site.inventory));
    const refused = (): readonly GatewayEvent[] => told.filter(({ event }) => event === "refused");
    for (let knocks = 0; knocks < 3; knocks += 1) await knock({ ...door, from: site.stranger });
    assert.deepEqual(refused(), [], "not one by one");
    period();
    period();
    await knock({ ...door, from: site.stranger });
    await gateway.stop(0);
    await until(() => refused().length === 2, "two reports");
    const row = {
      event: "refused",
      flow: "flow/door1",
      source: site.stranger,
      outcome: "denied",
      reason: "not-listed",
    };
    assert.deepEqual(refused(), [
      { ...row, count: 3 },
      { ...row, count: 1 },
    ]);
  });
});
