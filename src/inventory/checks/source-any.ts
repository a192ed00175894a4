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

/** How many addresses the networks hold together. Sorted, a network lies inside the last kept one or inside none. */
function addressesIn(networks: readonly Network[]): number {
  let sum = 0;
  let kept: Network | undefined;
  for (const network of networks.toSorted((a, b) => a.address - b.address || a.prefix - b.prefix)) {
    if (kept !== undefined && overlaps(kept, network)) continue;
    kept = network;
    sum += 2 ** (32 - network.prefix);
  }
  return sum;
}

/** The name that a right is for. */
export function sourceOf(item: RawGrant): string {
  return typeof item === "string" ? item : item.source;
}

function complain(facts: Facts, path: Path, id: string, message: string): void {
  const hint = `name who may come, or add to exceptions: { rule: source-any, on: ${id}, reason: ... }`;
  facts.complain({ code: "source-any", path, message, hint });
}
