/** The inventories that were applied; each can be compared with what runs, and gone back to. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { EntryHead, ListedEntry, PlanAnswer } from "../../answers.ts";
import { tell } from "../../api.ts";
import { useLive } from "../../live/use-live.ts";
import { Dialog } from "../../parts/dialog.ts";
import { Instant } from "../../parts/duration-since.ts";
import { Failed, Loading } from "../../parts/notice.ts";
import { Section } from "../../parts/section.ts";
import { ShortList } from "../../parts/short-list.ts";
import { useAnswer } from "../../use-answer.ts";
import { useSpoken } from "../../words/use-words.ts";
import { AccessLines } from "./access-lines.ts";

export function HistoryList({ cue }: { readonly cue: string }): ComponentChild {
  const { words } = useSpoken();
  const { answer, failure, again } = useAnswer<readonly ListedEntry[]>("/v1/history", {}, cue);
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(ShortList<ListedEntry>, {
            items: answer,
            first: 8,
            class: "history",
            row: (entry) => h(HistoryRow, { key: entry.number, entry }),
          });
  return h(Section, { title: words.changes.history }, shown);
}

function HistoryRow({ entry }: { readonly entry: ListedEntry }): ComponentChild {
  const { words } = useSpoken();
  if ("damaged" in entry)
    return h(
      "li",
      { class: "row" },
      h("span", { class: "mark is-bad", "aria-hidden": "true" }),
      h("b", { class: "figure" }, String(entry.number)),
      h("span", { class: "row-end" }, words.changes.damaged),
      h("span", { class: "row-more" }, entry.damaged),
    );
  return h(WholeEntry, { entry });
}

function WholeEntry({ entry }: { readonly entry: EntryHead }): ComponentChild {
  const { words } = useSpoken();
  const { number, at, author, note } = entry;
  const current = useLive(({ overview }) => overview?.inventory.number);
  const [isOpen, setOpen] = useState(false);
  const isCurrent = number === current;
  return h(
    "li",
    { class: "row" },
    h("span", { class: isCurrent ? "mark is-fine" : "mark is-past", "aria-hidden": "true" }),
    h(
      "span",
      null,
      h("b", { class: "figure" }, String(number)),
      isCurrent ? ` ${words.changes.inForce}` : "",
      note === undefined || note === "" ? "" : ` · ${note}`,
    ),
    h("span", { class: "row-end" }, h(Instant, { at })),
    h(
      "span",
      { class: "row-more" },
      author,
      !isCurrent && " · ",
      !isCurrent &&
        h(
          "button",
          { type: "button", class: "link", "aria-expanded": isOpen, onClick: () => setOpen(!isOpen) },
          words.changes.compare,
        ),
      isOpen && h(Comparison, { number }),
    ),
  );
}

function Comparison({ number }: { readonly number: number }): ComponentChild {
  const { words } = useSpoken();
  const [asks, setAsks] = useState(false);
  const { answer, failure, again } = useAnswer<PlanAnswer>("/v1/plan", { number });
  if (failure !== undefined) return h(Failed, { failure, again });
  if (answer === undefined) return h(Loading, null);
  return h(
    "div",
    null,
    answer.changes ? h(AccessLines, { change: answer.change }) : h("p", null, words.changes.nothing),
    h("button", { type: "button", onClick: () => setAsks(true) }, words.changes.rollback),
    asks &&
      h(Dialog, {
        title: words.changes.rollbackTitle(number),
        says: `${words.changes.rollbackSays} ${words.changes.sessions(answer.sessions)}`,
        act: words.changes.rollback,
        isGrave: true,
        run: () => tell("/v1/rollback", { number }),
        close: () => setAsks(false),
      }),
  );
}
