/** Grants that nobody used. Pure, and apart from what asks the database. */

/** A grant as the policy has it: a source's name on a flow. */
export interface NamedGrant {
  readonly flow: string;
  readonly rule: string;
}

/** The grants that were not used, in their order. */
export function unusedGrants<T extends NamedGrant>(grants: readonly T[], used: readonly NamedGrant[]): readonly T[] {
  const keys = new Set(used.map(({ flow, rule }) => JSON.stringify([flow, rule])));
  return grants.filter(({ flow, rule }) => !keys.has(JSON.stringify([flow, rule])));
}
