/** Who on a host let senders in, or kept them out: the rule or the policy, its line, and what shows it. */
import { type AddressSet, meet } from "./address-set.ts";
import { type Reach, decisionsOf } from "./host-walls.ts";
import type { Action, Place } from "./ruleset.ts";
import type { Decision } from "./walk.ts";

/** The rules that said so, rather than the policies, where there are any. */
export function deciders(reach: Reach, sources: AddressSet, verdict: Decision["verdict"]): readonly Decision[] {
  const translations = reach.passages.flatMap((passage) => passage.translations);
  const said = decisionsOf(reach).filter((each) => each.verdict === verdict && each.base.type === "filter");
  const concerned = [...(verdict === "accept" ? translations : []), ...said].filter((each) =>
    meet(each.sources, sources),
  );
  const rules = concerned.filter(({ rule }) => rule !== undefined);
  const chosen = rules.length > 0 ? rules : concerned;
  return [...new Map(chosen.map((decision) => [lineOf(decision), decision])).values()];
}

/** The rules that test what cannot be told, where they are among those that decided. */
export function unclear(reach: Reach, sources: AddressSet): readonly Decision[] {
  const all = [...deciders(reach, sources, "accept"), ...deciders(reach, sources, "drop")];
  const testing = all.filter(({ rule }) => rule?.conditions.some(({ kind }) => kind === "unknown"));
  return testing.length > 0 ? testing : all;
}

export function lineOf({ rule, base }: Decision): string {
  if (rule !== undefined) return rule.line;
  const { program, family, table, chain } = base.chain.place;
  return program === "nft"
    ? `chain ${family} ${table} ${chain}: policy ${base.policy}`
    : `:${chain} ${base.policy.toUpperCase()}`;
}

/** What a person would type to see a chain. */
export function commandFor({ program, family, table, chain }: Place): string {
  return program === "nft" ? `nft -a list chain ${family} ${table} ${chain}` : `${program}-save -t ${table}`;
}

/** Whose a decision is, as an administrator knows it: `UFW`, `Docker's rules`, `nftables (inet filter)`. */
export function layerOf({ rule, base }: Decision): string {
  const { program, family, table, chain } = (rule?.place ?? base.chain.place) satisfies Place;
  const writer = WRITERS.find(([prefix]) => chain.startsWith(prefix) || table.startsWith(prefix));
  if (writer !== undefined) return writer[1];
  // The policy of INPUT is what UFW calls its default.
  if (rule === undefined && base.chain.rules.some(({ action }) => leadsTo(action, "ufw-"))) return "UFW";
  if (program === "nft") return `nftables (${family} ${table})`;
  return program === "iptables-legacy" ? "iptables (legacy)" : "iptables";
}

/** By the names that each gives its chains, or its table. */
const WRITERS: readonly (readonly [prefix: string, writer: string])[] = [
  ["ufw-", "UFW"],
  ["ts-", "Tailscale's rules"],
  ["DOCKER", "Docker's rules"],
  ["ECLUSE", "the rules of ecluse render docker-user"],
  ["ecluse_ring", "the ring of ecluse render nftables"],
];

function leadsTo(action: Action, prefix: string): boolean {
  return action.kind === "jump" && action.target.place.chain.startsWith(prefix);
}
