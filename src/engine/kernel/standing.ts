/**
 * Whether our table still stands as it was told: an operator's `nft`, or another program, may have had a hand in it.
 *
 * Elements are compared with what was told. Rules cannot be, for nft prints them in words of its own: each chain is
 * remembered as it was first seen since it was made, and none of ours is ever changed, but for that of the limits.
 */
import type { NftObject } from "../../netfilter/nft.ts";
import type { Table } from "./table.ts";
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

  /** `listing`: of `nft -j list table`. */
  isAsTold(table: Table, listing: readonly NftObject[]): boolean {
    return hasElements(table, listing) && this.#hasChains(table, chainsIn(listing));
  }

  #hasChains({ gates }: Table, chains: ReadonlyMap<string, readonly NftObject[]>): boolean {
    const isFirst = this.#seen.size === 0;
    for (const [name, rules] of gates) if (chains.get(name)?.length !== rules.length + 1) return false;
    for (const name of this.#seen.keys()) {
      if (chains.has(name)) continue;
      // Gates go when nobody needs them any more.
      if (!isGate(name)) return false;
      this.#seen.delete(name);
    }
    for (const [name, objects] of chains) {
      const text = JSON.stringify(objects);
      const before = this.#seen.get(name);
      const isOurs = isGate(name) ? gates.has(name) : isFirst || before !== undefined || this.#renewed.delete(name);
      if (!isOurs || (before !== undefined && before !== text)) return false;
      this.#seen.set(name, text);
    }
    return true;
  }
}

function isGate(chain: string): boolean {
  return chain.startsWith("gate_");
}

function hasElements(table: Table, listing: readonly NftObject[]): boolean {
  const { doors, targets, terminals, sources } = table;
  return (
    isSame(doorPairs(doors), elementsOf(listing, "map", "doors")) &&
    isSame(targetPairs(targets), elementsOf(listing, "map", "targets")) &&
    isSame([...terminals.keys()], elementsOf(listing, "set", "terminals")) &&
    isSame(fullElements(terminals), elementsOf(listing, "set", "full")) &&
    [...sources].every(([name, addresses]) => isSame(addresses, elementsOf(listing, "set", name)))
  );
}

/** In whatever order the kernel has them. */
function isSame(told: readonly string[], standing: readonly string[]): boolean {
  const wanted = new Set(told);
  return standing.length === wanted.size && standing.every((element) => wanted.has(element));
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
