/** All depots at a glance. */
import { type ComponentChild, h } from "preact";
import { useRef } from "preact/hooks";
import { useLive } from "../live/use-live.ts";
import { useArrowKeys } from "../parts/arrow-keys.ts";
import { useSpoken } from "../words/use-words.ts";
import { Tile } from "./tile.ts";

export function Wall(): ComponentChild {
  const { words } = useSpoken();
  const depots = useLive(({ overview }) => overview?.depots) ?? [];
  const list = useRef<HTMLUListElement>(null);
  useArrowKeys(list);
  const columns = columnsFor(Math.max(0, ...depots.map(({ terminals }) => terminals.length)));
  return h(
    "ul",
    { class: `wall columns-${columns}`, ref: list },
    depots.map((depot) => h("li", { key: depot.depot }, h(Tile, { depot, columns, words }))),
  );
}

/** Signs in a row: the same for all depots, so that a terminal's place is the same everywhere. */
export function columnsFor(most: number): number {
  if (most <= 12) return 4;
  return most <= 36 ? 7 : 11;
}
