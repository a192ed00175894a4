/** Terminals that only rules speak of: a port of the plan says which one, and the plan where it stands. */
import { positionOf, terminalId } from "../numbering.ts";
import type { Account } from "./account.ts";
import type { Rule, TerminalRow } from "./draft.ts";

/** One row for each port of the plan that a rule allows by itself; a range does not say which of its ports are in use. */
export function rowsOfRules(rules: readonly Rule[], account: Account): readonly TerminalRow[] {
  const rows = new Map<string, TerminalRow>();
  for (const { at, action, ports, isRouted } of rules) {
    if (action !== "allow" || isRouted) continue;
    for (const { first, last } of ports ?? []) {
      const position = first === last ? positionOf(first) : undefined;
      if (position === undefined || rows.has(terminalId(position))) continue;
      rows.set(terminalId(position), { at, position });
      account.did(
        at,
        `${terminalId(position)}: taken from its port ${first}; where it stands is the plan's word alone`,
      );
    }
  }
  return [...rows.values()];
}
