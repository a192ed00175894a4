/** Rows of the journal, as the reader wants them: JSON, CSV or a table. */
import { EcluseError } from "../errors.ts";
import { type PlainRow, formatCsv } from "../journal/format.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { formatInstant } from "./instant.ts";
import { formatTable } from "./table.ts";

export interface RowsShown<T> {
  /** What `--json` prints. */
  readonly answer: T;
  readonly rows: readonly PlainRow[];
  /** Of the CSV. */
  readonly columns: readonly string[];
  readonly header: readonly string[];
  readonly cells: (row: PlainRow) => readonly string[];
  /** What is said where there is no row. */
  readonly none: string;
}

/** Before the gateway is asked. */
export function refuseTwoFormats({ options }: Pick<Invocation, "options">): void {
  if (options["json"] === undefined || options["csv"] === undefined) return;
  throw new EcluseError("usage", "Cannot print: --json and --csv cannot stand together", { hint: "choose one" });
}

export function printRows<T>({ options, io }: Pick<Invocation, "options" | "io">, shown: RowsShown<T>): ExitCode {
  const { answer, rows, columns, header, cells, none } = shown;
  if (options["json"] !== undefined) io.out(`${JSON.stringify(answer, null, 2)}\n`);
  else if (options["csv"] !== undefined) io.out(formatCsv(columns, rows));
  else io.out(rows.length === 0 ? `${none}\n` : formatTable(header, rows.map(cells)));
  return 0;
}

/** An instant of a row, in local time; one that no calendar has stays as it is. */
export function localInstant(value: PlainRow[string] | undefined): string {
  const instant = Date.parse(textOf(value));
  return Number.isNaN(instant) ? textOf(value) : formatInstant(instant);
}

export function textOf(value: PlainRow[string] | undefined): string {
  return String(value ?? "");
}
