/** A gateway as it would be observed with an inventory in force; nothing happens in it but what is given. */
import { readInventory } from "../../src/inventory/read.ts";
import { Counters } from "../../src/observe/counters.ts";
import type { Observed } from "../../src/observe/observed.ts";
import { compile } from "../../src/policy/compile.ts";

const NOTHING = { sessions: 0, refusals: 0, changes: 0 };

export const NOW = Date.parse("2026-11-22T12:00:00Z");

export function observed(inventory: string, given: Partial<Observed> = {}): Observed {
  const { inventory: read, findings } = readInventory({ "ecluse.yaml": inventory }, NOW);
  if (read === undefined) throw new TypeError(JSON.stringify(findings));
  return {
    ...{ now: NOW, version: "0.1.0", inventory: { number: 3, hash: "0123456789abcdef" }, policy: compile(read) },
    ...{ sessions: [], blocked: [], shield: "off", counters: new Counters().values, memory: 50_000_000 },
    loopDelay: { bounds: [0.01, 1], counts: [4, 2, 1], sum: 3.25 },
    descriptors: { open: 30, limit: 1_024 },
    journal: { state: "writing", waiting: NOTHING, dropped: NOTHING },
    ...given,
  };
}
