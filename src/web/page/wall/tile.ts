/** One depot on the wall: a link that says in words what its picture shows. */
import { Component, type ComponentChild, h } from "preact";
import type { DepotOverview, FlowState } from "../answers.ts";
import { addressOf } from "../router.ts";
import type { Words } from "../words/words.ts";
import { STATES, SignGrid } from "./signs.ts";

export interface TileProps {
  readonly depot: DepotOverview;
  readonly columns: number;
  readonly words: Words;
}

/** Drawn again only where something happened in its depot. */
export class Tile extends Component<TileProps> {
  override shouldComponentUpdate(next: TileProps): boolean {
    const { depot, columns, words } = this.props;
    return next.depot !== depot || next.columns !== columns || next.words !== words;
  }

  override render({ depot: { depot, name, terminals }, columns, words }: TileProps): ComponentChild {
    const states = terminals.map(({ state }) => state);
    const counts = countStates(states);
    const said = STATES.filter((state) => SAID.has(state) && counts[state] > 0);
    const busy = counts["in-session"];
    const broken = counts.down + counts.blocked;
    const label = words.tile(
      words.depot(depot, name),
      states.length,
      said.map((state) => words.stateCount(counts[state], state)),
    );
    return h(
      "a",
      { class: "tile", href: addressOf({ page: "depot", depot }), title: label },
      h("span", { class: "unseen" }, label),
      h(
        "span",
        { class: "tile-head", "aria-hidden": "true" },
        h("b", null, String(depot)),
        h("span", { class: "tile-name" }, name ?? ""),
        broken > 0 && h("span", { class: "tile-count is-broken" }, String(broken)),
        busy > 0 && h("span", { class: "tile-count is-busy" }, String(busy)),
      ),
      h(SignGrid, { states, columns }),
    );
  }
}

/** The quiet ones need no words. */
const SAID: ReadonlySet<FlowState> = new Set(["in-session", "down", "blocked", "draining", "closed"]);

export function countStates(states: readonly FlowState[]): Readonly<Record<FlowState, number>> {
  const counts = { blocked: 0, closed: 0, draining: 0, "in-session": 0, down: 0, free: 0, unheard: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}
