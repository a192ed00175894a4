/** What each sign means, and how many terminals have it. */
import { type ComponentChild, h } from "preact";
import type { DepotOverview } from "../answers.ts";
import { useSpoken } from "../words/use-words.ts";
import { STATES, Sign } from "./signs.ts";
import { countStates } from "./tile.ts";

export function Legend({ depots }: { readonly depots: readonly DepotOverview[] }): ComponentChild {
  const { words, time } = useSpoken();
  const counts = countStates(depots.flatMap(({ terminals }) => terminals.map(({ state }) => state)));
  return h(
    "ul",
    { class: "legend", "aria-label": words.legend },
    STATES.map((state) =>
      h(
        "li",
        { key: state, class: counts[state] === 0 ? "is-none" : "" },
        h(Sign, { state }),
        words.states[state],
        h("b", { class: "figure" }, time.number(counts[state])),
      ),
    ),
  );
}
