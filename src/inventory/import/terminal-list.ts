/** A depot's terminals as an inventory writes them shortest: `1-14`, `[1, 4, 7-9]`, or a map where one has something to say. */
import type { RawDepot, RawTerminal } from "../schema.ts";

/** Terminals by number, in ascending order. */
export function terminalList(terminals: ReadonlyMap<number, RawTerminal>): RawDepot["terminals"] {
  const isBare = [...terminals.values()].every((terminal) => Object.keys(terminal).length === 0);
  if (!isBare) {
    const entries = [...terminals].map(
      ([number, raw]) => [number, Object.keys(raw).length === 0 ? null : raw] as const,
    );
    return Object.fromEntries(entries);
  }
  const spans: { first: number; last: number }[] = [];
  for (const number of terminals.keys()) {
    const before = spans.at(-1);
    if (before?.last === number - 1) before.last = number;
    else spans.push({ first: number, last: number });
  }
  if (spans.length === 1 && spans[0]?.last === 1) return 1;
  const items = spans.map(({ first, last }) => (first === last ? first : `${first}-${last}`));
  const [only, ...others] = items;
  return others.length === 0 && typeof only === "string" ? only : items;
}
