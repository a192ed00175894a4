/** A list that shows its first rows, and the rest when asked. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import { useSpoken } from "../words/use-words.ts";

export interface ShortListProps<T> {
  readonly items: readonly T[];
  readonly first: number;
  readonly class: string;
  readonly row: (item: T) => ComponentChild;
}

export function ShortList<T>({ items, first, class: name, row }: ShortListProps<T>): ComponentChild {
  const { words } = useSpoken();
  const [isWhole, setWhole] = useState(false);
  const hidden = items.length - first;
  const shown = isWhole ? items : items.slice(0, first);
  return h(
    "div",
    null,
    h("ul", { class: `rows ${name}` }, shown.map(row)),
    hidden > 0 &&
      h(
        "button",
        { type: "button", class: "link", onClick: () => setWhole(!isWhole), "aria-expanded": isWhole },
        isWhole ? words.overview.fewer : words.overview.more(hidden),
      ),
  );
}
