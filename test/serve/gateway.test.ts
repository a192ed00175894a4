/** The gateway itself, with the test's own clock and ears. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../src/cli/clock.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { tableMark } from "../../src/engine/kernel/table/table-mark.ts";
import type { Nft, NftObject } from "../../src/netfilter/nft.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { GatewayEvent } from "../../src/observe/events.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { knock, listen, until } from "../support/loopback.ts";
import { siteBefore } from "./serving.ts";

/** nft, of whose rules the test says which endpoints they lead elsewhere; absent: they cannot be read. */
function rulesOf(): { leading: readonly { host: string; port: number }[] | undefined; readonly list: Nft["list"] } {
  const rules = {
    leading: [] as readonly { host: string; port: number }[] | undefined,
    list: (what: string): Promise<readonly NftObject[]> => {
      if (rules.leading === undefined) return Promise.reject(new Error("not permitted"));
      if (rules.leading.length === 0) return Promise.resolve([]);
      const elem = rules.leading.map(({ host, port }) => [{ concat: [host, port] }, {}]);
      return Promise.resolve([what === "tables" ? { table: { family: "ip", name: "ecluse" } } : { map: { elem } }]);
    },
  };
  return rules;
}

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

  test("a door that a table of the kernel engine stands before is blocked, from a look or a change, until it is gone", async (context) => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target, target]);
    const told: GatewayEvent[] = [];
    let look = (): void => undefined;
    const clock = {
      ...systemClock,
      every: (milliseconds: number, callback: () => void): (() => void) => {
        if (milliseconds === 30_000) look = callback;
        return systemClock.every(milliseconds, callback);
      },
    };
    const nft = rulesOf();
    const table = { nft, mark: tableMark("/nowhere/kernel-table") };
    const gateway = new Gateway({ clock, tell: (event) => void told.push(event), table });
    context.after(() => gateway.stop(0));
    const policy = policyOf(site.inventory);
    await gateway.mayServe(policy);
    await gateway.apply(policy);
    const blocked = (): readonly unknown[] => gateway.blocked.map(({ flow, cause }) => [flow, cause]);
    const events = (): string[] => told.map(({ event, ...more }) => `${event} ${"flow" in more ? more.flow : ""}`);
    assert.deepEqual(blocked(), []);

    nft.leading = site.doors.slice(0, 1);
    look();
    await until(() => blocked().length === 1, "it is blocked");
    nft.leading = undefined;
    look();
    await gateway.apply(policy);
    assert.deepEqual(blocked(), [["flow/door1", "table-left-over"]], "what cannot be read is as it was");
    assert.deepEqual(told.at(-1), { event: "ready", doors: 1, blocked: 1, flows: 2 });
    nft.leading = site.doors.slice(1);
    await gateway.apply(policy);
    await until(() => blocked().length === 1 && gateway.blocked[0]?.flow === "flow/door2", "another one is");
    nft.leading = [];
    look();
    await until(() => blocked().length === 0, "none is");
    assert.deepEqual(
      events().filter((event) => !event.startsWith("ready")),
      ["blocked flow/door1", "blocked flow/door2", "unblocked flow/door1", "unblocked flow/door2"],
    );

    nft.leading = site.doors;
    look();
    await until(() => blocked().length === 2, "both are");
    await gateway.apply(policyOf(site.inventory.replace(/ {2}door1:.*\n/, "")));
    assert.deepEqual(blocked(), [["flow/door2", "table-left-over"]], "a door that is gone is not blocked");
  });

  test("whoever stands by, or has handed over, does not look", async (context) => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    let look = (): void => undefined;
    const clock = {
      ...systemClock,
      every: (milliseconds: number, callback: () => void): (() => void) => {
        if (milliseconds === 30_000) look = callback;
        return systemClock.every(milliseconds, callback);
      },
    };
    let asked = 0;
    const nft = { list: (): Promise<readonly NftObject[]> => Promise.resolve([]).finally(() => (asked += 1)) };
    const table = { nft, mark: tableMark("/nowhere/kernel-table") };
    const gateway = new Gateway({ clock, tell: () => undefined, table, standby: true });
    context.after(() => gateway.stop(0));
    await gateway.apply(policyOf(site.inventory));
    look();
    await gateway.takeOver({ sessions: [] }, () => undefined).opened;
    await until(() => asked === 1, "it looks when it has taken over, and not before");
    await gateway.leaveShield();
    look();
    await gateway.comeBackToShield();
    look();
    await until(() => asked === 2, "and when it has come back");
  });
});
