/** A long table of which only the rows in sight exist; each row has the same height. */
import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useSpoken } from "../words/use-words.ts";
import type { Matrix, MatrixRow } from "./matrix.ts";

/** As in pages.css, in pixels. */
const ROW = 34;
/** Rows drawn beyond what is in sight, so that a fast hand sees no gap. */
const MARGIN = 12;

export interface MatrixWindowProps extends Matrix {
  readonly choose: (row: MatrixRow) => void;
}

export function MatrixWindow({ columns, rows, choose }: MatrixWindowProps): ComponentChild {
  const { words } = useSpoken();
  const area = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = area.current;
    if (element === null) return;
    const look = (): void => setSight({ top: element.scrollTop, height: element.clientHeight });
    const sized = new ResizeObserver(look);
    sized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      sized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const first = Math.max(0, Math.floor(sight.top / ROW) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((sight.top + sight.height) / ROW) + MARGIN);
  const space = (count: number): ComponentChild =>
    count > 0 &&
    h(
      "tr",
      { "aria-hidden": "true" },
      h("td", { class: "is-space", colSpan: columns.length, style: { height: count * ROW } }),
    );
  return h(
    "div",
    { class: "matrix-window", ref: area, tabIndex: 0, role: "region", "aria-label": words.matrix.title },
    h(
      "table",
      {
        "aria-rowcount": rows.length + 1,
        style: { width: `${columns.reduce((sum, { key }) => sum + widthOf(key), 0)}rem` },
      },
      h(
        "colgroup",
        null,
        columns.map(({ key }) => h("col", { key, style: { width: `${widthOf(key)}rem` } })),
      ),
      h(
        "thead",
        null,
        h(
          "tr",
          { "aria-rowindex": 1 },
          columns.map(({ key, title }) => h("th", { key, scope: "col" }, title)),
        ),
      ),
      h(
        "tbody",
        null,
        space(first),
        rows.slice(first, last).map((row, index) =>
          h(
            "tr",
            { key: first + index, class: "is-row", "aria-rowindex": first + index + 2, onClick: () => choose(row) },
            columns.map(({ key }, column) =>
              h(
                "td",
                { key },
                column === 0
                  ? h("button", { type: "button", class: "link" }, String(row[key] ?? ""))
                  : String(row[key] ?? ""),
              ),
            ),
          ),
        ),
        space(rows.length - last),
      ),
    ),
  );
}

/** In rem; a row that does not fit is whole in its dialog. */
const WIDTHS: Readonly<Record<string, number>> = {
  port: 5,
  protocol: 6,
  flow: 11,
  addresses: 16,
  description: 18,
  reason: 16,
  target: 13,
  destination: 12,
};

function widthOf(key: string): number {
  return WIDTHS[key] ?? 10;
}
