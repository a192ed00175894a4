/** Who knocks, where and how often. */
import { type ComponentChild, h } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PlainRow } from "../answers.ts";
import { FlowLink } from "../parts/flow-link.ts";
import { Instant } from "../parts/duration-since.ts";
import { Failed, Loading } from "../parts/notice.ts";
import { Quiet, Section } from "../parts/section.ts";
import { type Place, RANGES, addressOf } from "../router.ts";
import { useAnswer } from "../use-answer.ts";
import { useSpoken } from "../words/use-words.ts";
import type { Words } from "../words/words.ts";

type RefusalsPlace = Extract<Place, { readonly page: "refusals" }>;

const EVERY = 10_000;
const MOST = 500;

export function RefusalsPage({ place }: { readonly place: RefusalsPlace }): ComponentChild {
  const { words } = useSpoken();
  const { by, range } = place;
  const now = useEvery(EVERY);
  const { answer, failure, again } = useAnswer<readonly PlainRow[]>("/v1/refusals", {
    by,
    from: now - (RANGES[range] ?? 0),
    limit: MOST,
  });
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(Ranking, { rows: answer, by });
  return h(
    "div",
    { class: "refusals" },
    h("header", { class: "page-head" }, h("h1", null, words.refusals.title)),
    h(
      "div",
      { class: "bars" },
      h(Choices, {
        label: words.refusals.by,
        places: [
          [words.refusals.bySource, { ...place, by: "source" }],
          [words.refusals.byFlow, { ...place, by: "flow" }],
        ],
        here: place,
      }),
      h(Choices, {
        label: words.refusals.range,
        places: Object.keys(RANGES).map(
          (each) => [words.refusals.ranges[each] ?? each, { ...place, range: each }] as const,
        ),
        here: place,
      }),
    ),
    shown,
  );
}

interface ChoicesProps {
  readonly label: string;
  readonly places: readonly (readonly [string, Place])[];
  readonly here: Place;
}

function Choices({ label, places, here }: ChoicesProps): ComponentChild {
  const chosen = addressOf(here);
  return h(
    "nav",
    { class: "choices", "aria-label": label },
    h("span", { class: "choices-label" }, label),
    places.map(([name, place]) => {
      const href = addressOf(place);
      return h("a", { key: href, href, ...(href === chosen && { "aria-current": "true" as const }) }, name);
    }),
  );
}

function Ranking({ rows, by }: { readonly rows: readonly PlainRow[]; readonly by: "source" | "flow" }): ComponentChild {
  const { words, time } = useSpoken();
  const { columns } = words;
  if (rows.length === 0) return h(Quiet, null, words.refusals.none);
  const total = rows.reduce((sum, { count }) => sum + Number(count), 0);
  const most = Math.max(...rows.map(({ count }) => Number(count)));
  return h(
    Section,
    { title: words.refusals.total(total, rows.length) },
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        { class: "table" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            h("th", { scope: "col", class: "is-number" }, columns.count),
            h("th", { scope: "col" }, h("span", { class: "unseen" }, columns.count)),
            h("th", { scope: "col" }, by === "source" ? columns.source : columns.terminal),
            h("th", { scope: "col" }, columns.reasons),
            h("th", { scope: "col" }, columns.first),
            h("th", { scope: "col" }, columns.last),
          ),
        ),
        h(
          "tbody",
          null,
          rows.map((row) =>
            h(
              "tr",
              { key: `${textOf(row["source"])} ${textOf(row["flow"])}` },
              h("td", { class: "is-number" }, time.number(Number(row["count"]))),
              h(
                "td",
                { class: "is-bar" },
                h("meter", { min: 0, max: most, value: Number(row["count"]), "aria-hidden": "true" }),
              ),
              h("td", null, who(row, by, words)),
              h("td", null, reasonsOf(textOf(row["reasons"]), words)),
              h("td", null, h(Instant, { at: Date.parse(textOf(row["first"])) })),
              h("td", null, h(Instant, { at: Date.parse(textOf(row["last"])) })),
            ),
          ),
        ),
      ),
    ),
  );
}

function who(row: PlainRow, by: "source" | "flow", words: Words): ComponentChild {
  const name = textOf(row[by]);
  if (by === "source") return h("span", { class: "address" }, name === "" ? words.anySource : name);
  return name === "" ? words.noFlow : h(FlowLink, { flow: name });
}

/** `not-listed: 3, closed: 1`, in words. */
function reasonsOf(text: string, words: Words): string {
  const reasons = text.split(", ").map((part) => part.split(": "));
  return reasons
    .map(([reason = "", count = ""]) => `${words.reasons[reason] ?? reason}${reasons.length > 1 ? ` (${count})` : ""}`)
    .join(", ");
}

function textOf(cell: string | number | null | undefined): string {
  return String(cell ?? "");
}

/** An instant that moves on in steps. */
function useEvery(period: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setNow(Date.now()), period);
    return () => clearInterval(timer);
  }, [period]);
  return now;
}
