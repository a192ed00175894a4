/** A rehearsal is no change: nothing is applied, told or kept, and the change after it is the one that was asked for. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Changed, Changes } from "../../src/change/changes.ts";
import { loadInventory } from "../../src/inventory/load.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { systemClock } from "../support/relay.ts";

const site = (depots: string): string =>
  `gateway: { address: 127.18.0.10, terminals: { network: 172.17.0.0/16 } }
sources: { till: { addresses: [192.0.2.7] } }
depots: { ${depots} }
`;

async function started(depots: string) {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-rehearse-"));
  const file = join(folder, "ecluse.yaml");
  const write = (text: string): void => writeFileSync(file, site(text));
  write(depots);
  const applied: Policy[] = [];
  const told: Changed["what"][] = [];
  const changes = await Changes.start({
    ...{ file, state: join(folder, "state"), clock: systemClock },
    read: () => Promise.resolve(loadInventory(file)),
    apply: (policy) => {
      applied.push(policy);
      return Promise.resolve({ open: policy.doors.size, blocked: [] });
    },
    changed: ({ what }) => told.push(what),
  });
  const history = (): number => readdirSync(join(folder, "state/history")).length;
  const end = async (): Promise<void> => {
    await changes[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  };
  return { changes, write, applied, told, history, end };
}

for (const depots of ["1: { allow: [till], terminals: 1-3 }", "1: { allow: [till], terminals: 1-1 }", ""]) {
  test(`rehearsed, however often: all is as it was; depots { ${depots} }`, async () => {
    const { changes, write, applied, told, history, end } = await started(depots);
    const before = changes.policy;
    for (let times = 0; times < 3; times += 1) changes.rehearse();
    for (let turns = 0; turns < 10; turns += 1) await nextTurn();
    assert.equal(changes.policy, before);
    assert.deepEqual([applied.length, told, history()], [1, ["started"], 1]);
    write("1: { allow: [till], terminals: 1-4 }");
    const { flows } = await changes.apply({ author: "test" });
    const more = ["depot01-tpe01", "depot01-tpe02", "depot01-tpe03", "depot01-tpe04"];
    assert.deepEqual(flows.added, more.slice(before.flows.length));
    assert.deepEqual(flows.removed, []);
    assert.deepEqual(
      changes.policy.flows.map(({ id }) => id),
      more,
    );
    changes.rehearse();
    assert.equal(changes.policy, applied.at(-1));
    await end();
  });
}
