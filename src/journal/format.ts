/** The journal's rows as CSV and as JSON: pure, for the command line and the control socket. */
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../inventory/model.ts";
import type { Gap, KeptChange, KeptSession, RefusalRank } from "./rows.ts";

/** A row with everything spelt out: instants in ISO 8601 UTC, addresses as dotted quads. */
export type PlainRow = Readonly<Record<string, string | number | null>>;

export function plainSession(session: KeptSession): PlainRow {
  return {
    id: session.id,
    started: instant(session.startedAt),
    ended: instant(session.startedAt + session.duration),
    duration: session.duration,
    flow: session.flow,
    source: formatAddress(session.source),
    rule: session.rule,
    endpoint: endpoint(session.endpoint),
    target: endpoint(session.target),
    bytesToTarget: session.bytesToTarget,
    bytesToClient: session.bytesToClient,
    outcome: session.outcome,
    by: session.by,
    cause: session.cause ?? null,
  };
}

export function plainRefusal({ source, flow, count, first, last, reasons }: RefusalRank): PlainRow {
  return {
    source: source === undefined ? null : formatAddress(source),
    flow: flow ?? null,
    count,
    first: instant(first),
    last: instant(last),
    reasons: Object.entries(reasons)
      .map(([reason, times]) => `${reason}: ${times}`)
      .join(", "),
  };
}

export function plainChange({ seq, at, by, action, subject, detail, hash }: KeptChange): PlainRow {
  return { seq, at: instant(at), by, action, subject, detail: detail === null ? "" : JSON.stringify(detail), hash };
}

export function plainGap({ from, to, sessions, refusals, changes, why }: Gap): PlainRow {
  return { from: instant(from), to: instant(to), sessions, refusals, changes, why };
}

/**
 * RFC 4180, with a header. A cell whose text begins as a spreadsheet's formula does gets an apostrophe before it (OWASP,
 * "CSV Injection"); numbers are left as they are.
 */
export function formatCsv(columns: readonly string[], rows: readonly PlainRow[]): string {
  const lines = [columns.map(cell), ...rows.map((row) => columns.map((column) => cell(row[column] ?? "")))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const guarded = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function instant(milliseconds: number): string {
  return isInstant(milliseconds) ? new Date(milliseconds).toISOString() : String(milliseconds);
}

/** ECMA-262: a Date reaches 100,000,000 days from the epoch; a broken clock may say more. */
function isInstant(milliseconds: number): boolean {
  return Math.abs(milliseconds) <= 8.64e15;
}

function endpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}
