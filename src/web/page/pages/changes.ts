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
  const changes = useLive((live) => live.changes);
  // Nobody tells of a file that was edited, or of one that no longer differs; an overview does.
  const differs = useLive(({ overview }) => overview?.attention.some(({ what }) => what === "file-differs"));
  const cue = `${changes} ${String(differs)}`;
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
