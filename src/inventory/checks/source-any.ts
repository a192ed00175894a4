/** Everyone may enter: the source `any`, or a source that holds every address. Needs an exception. */
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
    const widest = networks.findIndex(({ prefix }) => prefix === 0);
    if (name === "any" || widest < 0 || facts.permits("source-any", { name })) continue;
    complain(facts, ["sources", name, "addresses"], name, `the source ${quote(name)} holds every address`);
  }
}

/** The name that a right is for. */
export function sourceOf(item: RawGrant): string {
  return typeof item === "string" ? item : item.source;
}

function complain(facts: Facts, path: Path, id: string, message: string): void {
  const hint = `name who may come, or add to exceptions: { rule: source-any, on: ${id}, reason: ... }`;
  facts.complain({ code: "source-any", path, message, hint });
}
