/** What a change means, a line each: who gains and loses, then the rest. */
import { type ComponentChild, h } from "preact";
import type { PolicyChange } from "../../answers.ts";
import { useSpoken } from "../../words/use-words.ts";

const ORDER = ["lost", "gained"];

export function AccessLines({ change }: { readonly change: PolicyChange }): ComponentChild {
  const { words } = useSpoken();
  const rank = (what: string): number => (ORDER.includes(what) ? ORDER.indexOf(what) : ORDER.length);
  const access = change.access.toSorted((a, b) => rank(a.what) - rank(b.what));
  return h(
    "ul",
    { class: "access" },
    access.map((each, index) => h("li", { key: index, class: `is-${each.what}` }, words.access(each))),
    words.elsewise(change).map((line) => h("li", { key: line }, line)),
  );
}
