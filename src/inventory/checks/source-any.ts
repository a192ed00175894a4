/** Everyone may enter: the source `any`, or a source that holds every address. Needs an exception. */
import { type Network, overlaps } from "@ecluse/guard/address";
import type { Facts } from "../facts.ts";
import { quote } from "../quote.ts";
import type { RawGrant } from "../schema.ts";
import type { Path } from "../tree.ts";

export function checkSourceAny(facts: Facts): void {
  for (const { path, items, flows } of facts.lists) {
    items.forEach((item, index) => {
      if (sourceOf(item) !== "any") return;
      const bare = flows.filter((flow) => !facts.permits("source-any", { flow }));
      const [first] = bare;
      if (first === undefined) return;
      const others = bare.length > 1 ? ` and ${bare.length - 1} more` : "";
      complain(facts, [...path, index], first.id, `everyone may enter ${first.id}${others}`);
    });
  }
  for (const { name, networks } of facts.inventory.sources) {
    if (name === "any" || addressesIn(networks) < HALF || facts.permits("source-any", { name })) continue;
    const message = `the source ${quote(name)} holds half of all addresses or more`;
    complain(facts, ["sources", name, "addresses"], name, message);
  }
}

/** 0.0.0.0/1 and 128.0.0.0/1 are everyone, in two words. */
const HALF = 2 ** 31;

/** How many addresses the networks hold together; of two networks one holds the other, or they have nothing in common. */
function addressesIn(networks: readonly Network[]): number {
  const kept: Network[] = [];
  for (const network of networks.toSorted((a, b) => a.prefix - b.prefix)) {
    if (!kept.some((wider) => overlaps(wider, network))) kept.push(network);
  }
  return kept.reduce((sum, { prefix }) => sum + 2 ** (32 - prefix), 0);
}

/** The name that a right is for. */
export function sourceOf(item: RawGrant): string {
  return typeof item === "string" ? item : item.source;
}

function complain(facts: Facts, path: Path, id: string, message: string): void {
  const hint = `name who may come, or add to exceptions: { rule: source-any, on: ${id}, reason: ... }`;
  facts.complain({ code: "source-any", path, message, hint });
}
