/** The rules of a chain that a packet to one port can meet: of 7,128 rules with a port each, one. */
import type { Chain, Rule } from "./ruleset.ts";

interface ByPort {
  /** Rules that name a few ports, under each of them. */
  readonly exact: ReadonlyMap<number, readonly number[]>;
  /** Those that any port may meet. Both are positions in the chain, ascending. */
  readonly others: readonly number[];
}

/** More ports in one rule than this, and it stands among the others. */
const FEW = 16;

const indexes = new WeakMap<Chain, ByPort>();

/** In the chain's order. */
export function rulesAt(chain: Chain, port: number): readonly Rule[] {
  if (chain.rules.length <= FEW) return chain.rules;
  const { exact, others } = indexes.get(chain) ?? indexed(chain);
  const named = exact.get(port);
  const positions = named === undefined ? others : [...named, ...others].sort((a, b) => a - b);
  return positions.flatMap((position) => chain.rules[position] ?? []);
}

function indexed(chain: Chain): ByPort {
  const exact = new Map<number, number[]>();
  const others: number[] = [];
  for (const [position, rule] of chain.rules.entries()) {
    const ports = portsOf(rule);
    if (ports === undefined) others.push(position);
    for (const port of new Set(ports)) {
      const list = exact.get(port);
      if (list === undefined) exact.set(port, [position]);
      else list.push(position);
    }
  }
  const index = { exact, others };
  indexes.set(chain, index);
  return index;
}

/** The ports without which the rule cannot match; `undefined`: it may match any, or many. */
export function portsOf({ conditions }: Rule): readonly number[] | undefined {
  for (const condition of conditions) {
    if (condition.kind !== "lookup" || condition.negated || condition.elements.length > FEW) continue;
    const at = condition.fields.indexOf("port");
    if (at < 0) continue;
    const parts = condition.elements.map((element) => element[at]);
    if (parts.every((part) => part !== undefined && "from" in part && part.to - part.from < FEW)) {
      return parts.flatMap((part) => (part !== undefined && "from" in part ? portsFrom(part.from, part.to) : []));
    }
  }
  return undefined;
}

function portsFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
