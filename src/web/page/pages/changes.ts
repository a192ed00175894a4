/** What is about to change, what changed, and who did it. */
import { type ComponentChild, h } from "preact";
import { useLive } from "../live/use-live.ts";
import { useSpoken } from "../words/use-words.ts";
import { ChangeLog } from "./changes/change-log.ts";
import { FilePlan } from "./changes/file-plan.ts";
import { Grants } from "./changes/grants.ts";
import { HistoryList } from "./changes/history-list.ts";

export function ChangesPage(): ComponentChild {
  const { words } = useSpoken();
  // Each change of what is in force is told by an overview of its own.
  const number = useLive(({ overview }) => overview?.inventory.number);
  const pending = useLive(({ overview }) => overview?.pending);
  const attention = useLive(({ overview }) => overview?.attention);
  const cue = JSON.stringify([number, pending, attention?.filter(({ what }) => what !== "terminal-down")]);
  return h(
    "div",
    { class: "changes" },
    h("header", { class: "page-head" }, h("h1", null, words.changes.title)),
    h(
      "div",
      { class: "columns" },
      h("div", null, h(FilePlan, { cue }), h(ChangeLog, { cue })),
      h("div", null, h(Grants, { cue }), h(HistoryList, { cue })),
    ),
  );
}
