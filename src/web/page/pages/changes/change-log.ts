/** The journal's own record of changes: who, when, what. */
import { type ComponentChild, h } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChangesAnswer, PlainRow } from "../../answers.ts";
import { Instant } from "../../parts/duration-since.ts";
import { Failed, Loading } from "../../parts/notice.ts";
import { Quiet, Section } from "../../parts/section.ts";
import { ShortList } from "../../parts/short-list.ts";
import { useAnswer } from "../../use-answer.ts";
import { useSpoken } from "../../words/use-words.ts";

const MOST = 100;

export function ChangeLog({ cue }: { readonly cue: string }): ComponentChild {
  const { words } = useSpoken();
  const { answer, failure, again } = useAnswer<ChangesAnswer>("/v1/changes", { limit: MOST }, useLater(cue));
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : answer.rows.length === 0
          ? h(Quiet, null, words.changes.noLog)
          : h(ShortList<PlainRow>, {
              items: answer.rows,
              first: 12,
              class: "log",
              row: (row) => h(LogRow, { key: String(row["seq"]), row }),
            });
  return h(Section, { title: words.changes.log }, shown);
}

function LogRow({ row }: { readonly row: PlainRow }): ComponentChild {
  const { words } = useSpoken();
  const text = (name: string): string => String(row[name] ?? "");
  const action = text("action");
  return h(
    "li",
    { class: "row" },
    h("span", { class: "mark is-past", "aria-hidden": "true" }),
    h(
      "span",
      null,
      h("b", null, text("by")),
      ` ${words.changes.whats[action] ?? action} `,
      h("span", { class: "address" }, text("subject")),
    ),
    h("span", { class: "row-end" }, h(Instant, { at: Date.parse(text("at")) })),
    h("span", { class: "row-more" }, detailOf(text("detail"))),
  );
}

/** The detail's values, without the syntax that the journal keeps them in. */
function detailOf(detail: string): string {
  if (detail === "") return "";
  const value: unknown = JSON.parse(detail);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${typeof each === "object" ? JSON.stringify(each) : String(each)}`)
    .join(", ");
}

/** The journal writes a moment after what it writes about. In milliseconds. */
const WRITTEN = 1_000;

/** The same value, a moment later. */
function useLater(value: string): string {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), WRITTEN);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}
