/**
 * `import csv`: a table of terminals, one row each.
 *
 * Which terminal a row means is said by its public port, or by depot and number, or by network and number. Where it says
 * it twice, both must agree: a row that contradicts itself may be about the wrong terminal.
 */
import { formatAddress, type Ipv4, parseAddress } from "@ecluse/guard/address";
import { isLabel } from "../names.ts";
import { inPlan, type Position, positionOf, publicPortOf, terminalId } from "../numbering.ts";
import { quote } from "../quote.ts";
import { defined } from "../reading.ts";
import type { SourceFile, Spot } from "../tree.ts";
import type { Account } from "./account.ts";
import { type Cell, readCells } from "./csv.ts";
import { type Column, columnOf, separatorOf } from "./csv-columns.ts";
import type { TerminalRow } from "./draft.ts";
import { linesOf, spotOn } from "./excerpt.ts";

type Row = ReadonlyMap<Column, Cell>;

/** Without header, as the first founding document's table reads once it is text: `172.17.1.0/24 TPE01 .10 10101`. */
const BARE = /^\s*(\d+\.\d+\.\d+\.0\/24)\s+(TPE\s*\d+)\s+(\.\s*\d+|\d+\.\d+\.\d+\.\d+)\s+(\d+)\s*$/i;
const BARE_COLUMNS = ["network", "terminal", "address", "publicPort"] as const;

export function readTerminals(file: SourceFile, account: Account): readonly TerminalRow[] {
  const rows = headedRows(file, account) ?? bareRows(file, account);
  if (rows === undefined) {
    const hint = "write a header: depot, terminal, address, public port (or dépôt, TPE, IP, port public)";
    account.report.add("no-columns", spotOn(file, 1), "no line names the columns of a table of terminals", hint);
    return [];
  }
  const seen = new Map<string, Spot>();
  return rows.flatMap((row) => {
    const terminal = terminalOf(row, account);
    if (terminal === undefined) return [];
    const id = terminalId(terminal.position);
    if (seen.has(id)) {
      account.report.add("contradiction", terminal.at, `${id} is listed twice`, "keep one row for each terminal");
      return [];
    }
    seen.set(id, terminal.at);
    account.did(terminal.at, `${id}: a row of the table`);
    return [terminal];
  });
}

/** The rows below the first line that names columns. */
function headedRows(file: SourceFile, account: Account): readonly Row[] | undefined {
  const lines = linesOf(file);
  const head = lines.findIndex((line) => separatorOf(line) !== undefined);
  const separator = separatorOf(lines[head] ?? "");
  if (separator === undefined) return undefined;
  const [header = [], ...body] = readCells(file, separator, file.lineStarts[head]);
  const columns = header.map(({ text }) => columnOf(text));
  header.forEach(({ text, at }, index) => {
    if (columns[index] === undefined) account.did(at, `the column ${quote(text)} is none of an inventory; not read`);
  });
  const isDocument = lines.slice(0, head).some((line) => !/^(?:sep=.)?\s*$/i.test(line));
  if (isDocument) account.did(spotOn(file, head + 1), "the table begins here; what stands above it is not read");
  return (isDocument ? tableRows(body, account) : body)
    .filter((cells) => cells.some(({ text }) => text !== ""))
    .map((cells) => new Map(cells.flatMap((cell, index) => entry(columns[index], cell))));
}

/** In a document, a line with one cell behind an empty one is the text that goes on, and no row. */
function tableRows(body: readonly (readonly Cell[])[], account: Account): readonly (readonly Cell[])[] {
  const gap = body.findIndex((cells) => cells.length === 0);
  const isProse = (cells: readonly Cell[]): boolean => cells.filter(({ text }) => text !== "").length === 1;
  const end = gap < 0 ? -1 : body.findIndex((cells, index) => index > gap && isProse(cells));
  const at = body[end]?.[0]?.at;
  if (at !== undefined) account.did(at, "the text goes on here; its lines are not read, but for rows of the table");
  return gap < 0 ? body : [...body.slice(0, gap), ...body.slice(gap).filter((cells) => !isProse(cells))];
}

function entry(column: Column | undefined, cell: Cell): readonly (readonly [Column, Cell])[] {
  return column === undefined || cell.text === "" ? [] : [[column, cell]];
}

function bareRows(file: SourceFile, account: Account): readonly Row[] | undefined {
  const lines = linesOf(file);
  const rows = lines.flatMap((line, index) => {
    const words = BARE.exec(line)?.slice(1);
    if (words === undefined) return [];
    const at = spotOn(file, index + 1, line.length - line.trimStart().length + 1);
    return [new Map(BARE_COLUMNS.map((column, cell) => [column, { text: words[cell] ?? "", at }] as const))];
  });
  const others = lines.filter((line) => line.trim() !== "").length - rows.length;
  if (rows.length > 0 && others > 0)
    account.did(spotOn(file, 1), `lines that are no row of the table: ${others}; not read`);
  return rows.length > 0 ? rows : undefined;
}

/** The terminal of a row; `undefined`: it was told what is wrong. */
function terminalOf(row: Row, account: Account): TerminalRow | undefined {
  const at = [...row.values()][0]?.at;
  if (at === undefined) return undefined;
  if (!isRow(row)) {
    const message = "no cell of this line is what its column says: it is no row of the table, and left out";
    account.report.add("not-a-row", at, message, "see whether it should say something, or remove it");
    return undefined;
  }
  try {
    const position = positionIn(row, at);
    const address = addressIn(row);
    const port = portIn(row, "port");
    const published = portIn(row, "publicPort");
    const alias = published !== undefined && positionOf(published) === undefined ? published : undefined;
    const text = (column: Column): string | undefined => textIn(row, column, account);
    return {
      at,
      position,
      ...defined({ alias, address, port, label: text("label"), model: text("model"), serial: text("serial") }),
      ...defined({ depotName: text("depotName") }),
    };
  } catch (error) {
    if (!(error instanceof BadRow)) throw error;
    account.report.add(error.code, error.at, error.message, error.hint);
    return undefined;
  }
}

/** Whether any cell is what its column says; a text extraction leaves lines in which none is. */
function isRow(row: Row): boolean {
  const readings = [
    () => portIn(row, "publicPort"),
    () => numberIn(row, "depot"),
    () => numberIn(row, "terminal"),
    () => octetsIn(row),
    () => addressIn(row),
  ];
  return readings.some((reading) => {
    try {
      return reading() !== undefined;
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      return false;
    }
  });
}

/** Ends the reading of one row. */
class BadRow extends Error {
  readonly at: Spot;
  readonly hint: string;
  readonly code: "bad-row" | "contradiction";

  constructor(at: Spot, message: string, hint: string, code: "bad-row" | "contradiction" = "bad-row") {
    super(message);
    this.at = at;
    this.hint = hint;
    this.code = code;
  }
}

function positionIn(row: Row, at: Spot): Position {
  const told = [byPort(row), byNumbers(row)].filter((position) => position !== undefined);
  const [first, second] = told;
  if (first === undefined) {
    const hint = "write its public port 1XXYY, or its depot (1 to 72) and its number (1 to 99)";
    throw new BadRow(at, "the row does not say which terminal it means", hint);
  }
  if (second !== undefined && terminalId(first) !== terminalId(second)) {
    const cell = row.get("publicPort");
    const message = `the public port is that of ${terminalId(first)}, the rest of the row means ${terminalId(second)}`;
    const hint = `by the plan ${terminalId(second)} has ${publicPortOf(second)}; correct one of the two`;
    throw new BadRow(cell?.at ?? at, message, hint, "contradiction");
  }
  return first;
}

function byPort(row: Row): Position | undefined {
  const port = portIn(row, "publicPort");
  return port === undefined ? undefined : positionOf(port);
}

function byNumbers(row: Row): Position | undefined {
  const terminal = numberIn(row, "terminal");
  const depot = numberIn(row, "depot");
  const network = octetsIn(row)?.[2];
  const cell = row.get("network") ?? row.get("depot");
  if (depot !== undefined && network !== undefined && depot !== network && cell !== undefined) {
    const message = `the network is that of depot ${network}, the row says depot ${depot}`;
    throw new BadRow(cell.at, message, "correct one of the two", "contradiction");
  }
  const position = { depot: depot ?? network ?? 0, terminal: terminal ?? 0 };
  if (terminal === undefined || (depot ?? network) === undefined) return undefined;
  if (inPlan(position)) return position;
  const at = (row.get("terminal") ?? cell)?.at;
  if (at === undefined) return undefined;
  const message = `depot ${position.depot}, terminal ${position.terminal} is outside the plan`;
  throw new BadRow(at, message, "depots are numbered 1 to 72, terminals 1 to 99");
}

/** `depot22-tpe01`, `Dépôt 22 / TPE 01`. */
const BOTH = /^d\D{0,20}(\d{1,4})\D{1,20}(\d{1,4})$/i;

/** `TPE01`, `Dépôt 22`, `07`, and both numbers in one: the one that belongs to the column. */
function numberIn(row: Row, column: "depot" | "terminal"): number | undefined {
  // A terminal's name may say its depot, too.
  const cell =
    row.get(column) ??
    (column === "depot" && BOTH.test(row.get("terminal")?.text ?? "") ? row.get("terminal") : undefined);
  if (cell === undefined) return undefined;
  const [, depot, terminal] = BOTH.exec(cell.text) ?? [];
  const digits =
    depot === undefined ? /^\D{0,20}(\d{1,4})$/.exec(cell.text)?.[1] : column === "depot" ? depot : terminal;
  if (digits !== undefined) return Number(digits);
  throw new BadRow(cell.at, `${quote(cell.text)} is not the number of a ${column}`, "write a number: 1, 01, TPE01");
}

function portIn(row: Row, column: "publicPort" | "port"): number | undefined {
  const cell = row.get(column);
  if (cell === undefined) return undefined;
  const port = /^\d{1,5}$/.test(cell.text) ? Number(cell.text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new BadRow(cell.at, `${quote(cell.text)} is not a port`, "write one number from 1 to 65535");
}

/** The first three octets of the row's network. */
function octetsIn(row: Row): readonly number[] | undefined {
  const cell = row.get("network");
  if (cell === undefined) return undefined;
  const [, first] = /^(\d+\.\d+\.\d+)\.0(?:\/24)?$/.exec(cell.text) ?? [];
  if (first !== undefined && parseAddress(`${first}.0`) !== undefined) return first.split(".").map(Number);
  throw new BadRow(cell.at, `${quote(cell.text)} is not a depot's network`, "write a /24, as in 172.17.22.0/24");
}

/** A whole address, or `.10` and `10` within the row's network; a text extraction may have put a space behind the dot. */
function addressIn(row: Row): Ipv4 | undefined {
  const cell = row.get("address");
  if (cell === undefined) return undefined;
  const text = cell.text.replaceAll(/\s/g, "");
  const host = /^\.?(\d{1,3})$/.exec(text)?.[1];
  const network = octetsIn(row);
  const whole = host !== undefined && network !== undefined ? `${network.join(".")}.${Number(host)}` : text;
  const address = parseAddress(whole);
  if (address === undefined) {
    const hint = "write an IPv4 address, or .10 beside a column with its network";
    throw new BadRow(cell.at, `${quote(cell.text)} is not an address`, hint);
  }
  if (network !== undefined && !formatAddress(address).startsWith(`${network.join(".")}.`)) {
    const message = `${quote(cell.text)} is not in the row's network ${network.join(".")}.0/24`;
    throw new BadRow(cell.at, message, "correct one of the two", "contradiction");
  }
  return address;
}

function textIn(row: Row, column: Column, { report }: Account): string | undefined {
  const cell = row.get(column);
  if (cell === undefined || isLabel(cell.text)) return cell?.text;
  const message = `${quote(cell.text)} is left out: it cannot go into documents and rules`;
  report.add("text-left-out", cell.at, message, "use letters, digits, spaces and - _ . ' ’ ( ) / &, 80 at most");
  return undefined;
}
