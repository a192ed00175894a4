/** One depot: each of its terminals in words, and what can be done to all of them. */
import { type ComponentChild, h } from "preact";
import { useLive } from "../live/use-live.ts";
import { OperateButtons, actsFor } from "../parts/operate-buttons.ts";
import { Section } from "../parts/section.ts";
import { Legend } from "../wall/legend.ts";
import { TerminalCards } from "../wall/terminal-cards.ts";
import { STATES } from "../wall/signs.ts";
import { countStates } from "../wall/tile.ts";
import { useSpoken } from "../words/use-words.ts";

export function DepotPage({ depot: number }: { readonly depot: number }): ComponentChild {
  const { words } = useSpoken();
  const depot = useLive(({ overview }) => overview?.depots.find((each) => each.depot === number));
  if (depot === undefined) return h("p", { class: "notice" }, words.terminal.notFound(words.depot(number, null)));
  const { name, terminals } = depot;
  const states = countStates(terminals.map(({ state }) => state));
  const said = STATES.filter((state) => states[state] > 0).map((state) => words.stateCount(states[state], state));
  const title = words.depot(number, name);
  return h(
    "div",
    { class: "depot" },
    h("header", { class: "page-head" }, h("h1", null, title), h("p", { class: "lead" }, said.join(", "), ".")),
    h(OperateButtons, {
      select: `depot${number}`,
      name: title,
      acts: actsFor(terminals.map(({ state }) => state)),
      inside: terminals.reduce((sum, { sessions }) => sum + sessions, 0),
    }),
    h(
      Section,
      { title: words.terminals(terminals.length), aside: h(Legend, { depots: [depot] }) },
      h(TerminalCards, { terminals }),
    ),
  );
}
