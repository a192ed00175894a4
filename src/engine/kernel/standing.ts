/**
 * Whether our table still stands as it was told: an operator's `nft`, or another program, may have had a hand in it.
 *
 * Elements are compared with what was told. Rules cannot be, for nft prints them in words of its own: each chain is
 * remembered as it was first seen since it was made, and none of ours is ever changed, but for that of the limits.
 */
import type { NftObject } from "../../netfilter/nft.ts";
import type { Table } from "./table.ts";
import { TableDifference } from "./table-difference.ts";
import { doorPairs, fullElements, targetPairs } from "./table-text.ts";

export class Standing {
  /** By chain: itself and its rules, as nft prints them. */
  readonly #seen = new Map<string, string>();
  readonly #renewed = new Set<string>();

  /** Every chain has been made anew. */
  restart(): void {
    this.#seen.clear();
  }

  /** One chain has been. */
  renewed(chain: string): void {
    this.#seen.delete(chain);
    this.#renewed.add(chain);
  }

  /** What is not as it was told. `listing`: of `nft -j list table`. */
  difference(table: Table, listing: readonly NftObject[]): TableDifference {
    const difference = new TableDifference();
    compareElements(table, listing, difference);
    this.#compareChains(table, chainsIn(listing), difference);
    return difference;
  }

  #compareChains(
    { gates }: Table,
    chains: ReadonlyMap<string, readonly NftObject[]>,
    difference: TableDifference,
  ): void {
    const isFirst = this.#seen.size === 0;
    for (const [name, rules] of gates) {
      const length = chains.get(name)?.length;
      if (length !== rules.length + 1) difference.chain(name, length === undefined ? "is gone" : "has other rules");
    }
    for (const name of this.#seen.keys()) {
      if (chains.has(name)) continue;
      // Gates go when nobody needs them any more.
      if (!isGate(name)) difference.chain(name, "is gone");
      else this.#seen.delete(name);
    }
    for (const [name, objects] of chains) {
      const text = JSON.stringify(objects);
      const before = this.#seen.get(name);
      const isOurs = isGate(name) ? gates.has(name) : isFirst || before !== undefined || this.#renewed.delete(name);
      if (!isOurs) difference.chain(name, "was added");
      else if (before !== undefined && before !== text) difference.chain(name, "has other rules");
      else this.#seen.set(name, text);
    }
  }
}

function isGate(chain: string): boolean {
  return chain.startsWith("gate_");
}

function compareElements(table: Table, listing: readonly NftObject[], difference: TableDifference): void {
  const { doors, targets, terminals, sources } = table;
  const compare = (kind: "map" | "set", name: string, told: readonly string[]): void => {
    // In whatever order the kernel has them.
    const missing = new Set(told);
    for (const element of elementsOf(listing, kind, name))
      if (!missing.delete(element)) difference.element(name, "more", element);
    for (const element of missing) difference.element(name, "gone", element);
  };
  compare("map", "doors", doorPairs(doors));
  compare("map", "targets", targetPairs(targets));
  compare("set", "terminals", [...terminals.keys()]);
  compare("set", "full", fullElements(terminals));
  for (const [name, addresses] of sources) compare("set", name, addresses);
}

function elementsOf(listing: readonly NftObject[], kind: "map" | "set", name: string): readonly string[] {
  for (const object of listing) {
    const found = object[kind] as { readonly name: string; readonly elem?: readonly unknown[] } | undefined;
    if (found?.name === name) return (found.elem ?? []).map(written);
  }
  return [];
}

/** An element in the words of a script: libnftables-json(5). What has no such words is nothing that was told. */
function written(element: unknown): string {
  if (Array.isArray(element)) return element.map(written).join(" : ");
  if (typeof element !== "object" || element === null) return String(element);
  const { concat, jump, elem } = element as Parts;
  if (concat !== undefined) return concat.map(String).join(" . ");
  if (jump !== undefined) return `jump ${jump.target}`;
  const count = elem?.["ct count"];
  return count === undefined ? JSON.stringify(element) : `${written(elem?.val)} ct count over ${count.val}`;
}

interface Parts {
  readonly concat?: readonly unknown[];
  readonly jump?: { readonly target: string };
  readonly elem?: { readonly val?: unknown; readonly "ct count"?: { readonly val: number } };
}

/** Each chain, and its rules behind it. */
function chainsIn(listing: readonly NftObject[]): ReadonlyMap<string, readonly NftObject[]> {
  const chains = new Map<string, NftObject[]>();
  for (const object of listing) {
    const chain = object["chain"] as { readonly name: string } | undefined;
    const rule = object["rule"] as { readonly chain: string } | undefined;
    const name = chain?.name ?? rule?.chain;
    if (name !== undefined) chains.set(name, [...(chains.get(name) ?? []), object]);
  }
  return chains;
}
