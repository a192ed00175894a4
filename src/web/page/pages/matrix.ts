/** The flow matrix: the document's rows, to be searched. Only the rows in sight are drawn. */
import { type ComponentChild, h } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { Failed, Loading } from "../parts/notice.ts";
import { foldText } from "../parts/fold-text.ts";
import { replace } from "../parts/link.ts";
import { useLive } from "../live/use-live.ts";
import { useAnswer } from "../use-answer.ts";
import { useSpoken } from "../words/use-words.ts";
import { MatrixWindow } from "./matrix-window.ts";

export interface Matrix {
  readonly columns: readonly { readonly key: string; readonly title: string }[];
  readonly rows: readonly MatrixRow[];
}

export type MatrixRow = Readonly<Record<string, string | number | null>>;

export function MatrixPage({ text }: { readonly text: string }): ComponentChild {
  const { words } = useSpoken();
  const changes = useLive((live) => live.changes);
  const { answer, failure, again } = useAnswer<Matrix>("/matrix.json", { language: words.language }, changes);
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(Searched, { matrix: answer, text });
  return h(
    "div",
    { class: "matrix" },
    h(
      "header",
      { class: "page-head" },
      h("h1", null, words.matrix.title),
      h("p", { class: "lead" }, words.matrix.says),
    ),
    shown,
  );
}

function Searched({ matrix, text }: { readonly matrix: Matrix; readonly text: string }): ComponentChild {
  const { words } = useSpoken();
  const folded = useMemo(() => matrix.rows.map((row) => foldText(Object.values(row).join(" "))), [matrix]);
  const wanted = foldText(text)
    .split(/\s+/)
    .filter((word) => word !== "");
  const rows = useMemo(
    () => matrix.rows.filter((_, index) => wanted.every((word) => folded[index]?.includes(word))),
    [matrix, folded, wanted.join(" ")],
  );
  const [chosen, setChosen] = useState<MatrixRow>();
  return h(
    "div",
    null,
    h(
      "search",
      { class: "bars" },
      h("input", {
        type: "search",
        "aria-label": words.matrix.filter,
        placeholder: words.matrix.filter,
        value: text,
        onInput: (event: InputEvent) =>
          replace({ page: "matrix", text: (event.currentTarget as HTMLInputElement).value }),
      }),
      h(
        "span",
        { class: "quiet", role: "status" },
        rows.length === 0 ? words.matrix.none : words.matrix.count(rows.length, matrix.rows.length),
      ),
    ),
    h(MatrixWindow, { key: wanted.join(" "), columns: matrix.columns, rows, choose: setChosen }),
    chosen !== undefined && h(RowDialog, { columns: matrix.columns, row: chosen, close: () => setChosen(undefined) }),
  );
}

interface RowDialogProps extends Pick<Matrix, "columns"> {
  readonly row: MatrixRow;
  readonly close: () => void;
}

function RowDialog({ columns, row, close }: RowDialogProps): ComponentChild {
  const { words } = useSpoken();
  const shown = useRef<HTMLDialogElement | null>(null);
  const show = (dialog: HTMLDialogElement | null): void => {
    if (shown.current === null) dialog?.showModal();
    shown.current = dialog;
  };
  return h(
    "dialog",
    { ref: show, class: "dialog", "aria-label": words.matrix.row, onClose: close },
    h(
      "dl",
      { class: "facts" },
      columns.map(({ key, title }) => h("div", { key }, h("dt", null, title), h("dd", null, String(row[key] ?? "")))),
    ),
    h("form", { method: "dialog", class: "dialog-buttons" }, h("button", null, words.matrix.close)),
  );
}
