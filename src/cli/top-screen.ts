/** A frame of `ecluse top` as lines that fit a terminal. Pure: who draws them, and when, is in `terminal-screen.ts`. */
import type { Attention } from "../answers/attention.ts";
import type { FlowState } from "../answers/flow-state.ts";
import { escapeControls } from "../inventory/quote.ts";
import { formatInstant } from "./instant.ts";
import { counted, formatBytes, formatSpan } from "./table.ts";
import type { TopFrame, TopOverview, TopSession } from "./top-frame.ts";

export type TopOrder = "busiest" | "oldest";

export interface TopView {
  readonly frame: TopFrame;
  /** The selector, as it was typed. */
  readonly select: string | undefined;
  readonly order: TopOrder;
  /** What is said at the bottom; absent: nothing, and no line is kept for it. */
  readonly foot?: string;
  /** Why the frame is an old one. */
  readonly trouble?: { readonly since: number; readonly message: string };
}

/** In characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenLine {
  readonly text: string;
  /** How it stands out; absent: not. */
  readonly tone?: "strong" | "heading" | "trouble";
}

/** Rows that the sessions keep, however much there is to say above them. */
const LEAST_TABLE = 4;

/** At most `rows` lines of at most `columns` characters; control characters in names are spelt out. */
export function topScreen(view: TopView, { columns, rows }: Size): readonly ScreenLine[] {
  const foot: readonly ScreenLine[] = view.foot === undefined ? [] : [{ text: view.foot, tone: "strong" }];
  const room = rows - foot.length;
  const head = headOf(view).slice(0, Math.max(1, room - LEAST_TABLE));
  const table = tableOf(view, columns, room - head.length - 1);
  const body = [...head, ...(table.length === 0 ? [] : [{ text: "" }, ...table])].slice(0, Math.max(0, room));
  const filler = foot.length === 0 ? 0 : Math.max(0, room - body.length);
  const lines = [...body, ...Array.from({ length: filler }, () => ({ text: "" })), ...foot].slice(0, Math.max(0, rows));
  return lines.map((line) => ({ ...line, text: cut(escapeControls(line.text), columns) }));
}

function headOf({ frame, select, trouble }: TopView): readonly ScreenLine[] {
  const { overview } = frame;
  const { number, at, author } = overview.inventory;
  const told = [
    ...pending(overview),
    ["flows", states(overview)],
    ["sessions", `${overview.sessions.open} open, at most ${overview.sessions.most}${rates(frame)}`],
    ...traffic(frame),
    ...journal(overview),
    ...shield(overview),
    ...blocked(overview),
    ...down(overview),
    ...refused(overview),
    ...operated(overview),
    ...expiring(overview),
    ...file(overview),
  ];
  return [
    { text: `ecluse top${select === undefined ? "" : ` ${select}`}, ${formatInstant(overview.now)}`, tone: "strong" },
    ...troubled(trouble),
    entry(["inventory", `${number}, applied ${formatInstant(at)} by ${author}`]),
    ...told.map(entry),
  ];
}

type Entries = readonly (readonly string[])[];

function entry([name = "", text = ""]: readonly string[]): ScreenLine {
  return { text: `${name.padEnd(10)} ${text}` };
}

function troubled(trouble: TopView["trouble"]): readonly ScreenLine[] {
  if (trouble === undefined) return [];
  const told = [
    ["no answer", `since ${formatInstant(trouble.since)}, trying again`],
    ["", trouble.message],
  ];
  return told.map((line) => ({ ...entry(line), tone: "trouble" }));
}

function pending({ pending: waits, now }: TopOverview): Entries {
  if (waits === null) return [];
  const left = formatSpan(Math.max(0, waits.deadline - now));
  return [["pending", `${waits.number} goes back to ${waits.rollbackTo} in ${left} unless ecluse confirm comes`]];
}

/** `40: 38 free, 1 in session, 1 down`; states that no flow is in are left out. */
function states({ states: counts }: TopOverview): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const told = STATES.filter(([state]) => counts[state] > 0).map(([state, words]) => `${counts[state]} ${words}`);
  return told.length === 0 ? String(all) : `${all}: ${told.join(", ")}`;
}

const STATES: readonly (readonly [state: FlowState, words: string])[] = [
  ["free", "free"],
  ["in-session", "in session"],
  ["down", "down"],
  ["blocked", "blocked"],
  ["closed", "closed"],
  ["draining", "draining"],
  ["unheard", "not heard of yet"],
];

/** They are the whole gateway's, and say so where only a part of it is shown. */
function rates({ perSecond }: TopFrame): string {
  if (perSecond === null) return "";
  return `; at the gateway ${perSecond.sessions.toFixed(1)} let in and ${perSecond.refusals.toFixed(1)} refused per second`;
}

function traffic({ perSecond }: TopFrame): Entries {
  if (perSecond === null) return [];
  return [["traffic", `${speed(perSecond.toTarget)} to the targets, ${speed(perSecond.toClient)} back`]];
}

/** What of one kind needs attention. */
function attention<What extends Attention["what"]>(
  overview: TopOverview,
  what: What,
): readonly Extract<Attention, { readonly what: What }>[] {
  const isWhat = (one: Attention): one is Extract<Attention, { readonly what: What }> => one.what === what;
  return overview.attention.filter(isWhat);
}

function journal(overview: TopOverview): Entries {
  return attention(overview, "journal").map(({ state, dropped }) => {
    return ["journal", `${state}${dropped === 0 ? "" : `, lacks ${counted(dropped, "row")}`}`];
  });
}

function shield(overview: TopOverview): Entries {
  return attention(overview, "shield").map(({ state, message }) => ["shield", `${state}: ${message}`]);
}

function blocked(overview: TopOverview): Entries {
  return line(
    "blocked",
    attention(overview, "door-blocked").map(({ flow }) => flow),
  );
}

/** Depots before single terminals. */
function down(overview: TopOverview): Entries {
  const lasting = (since: number): string => `for ${formatSpan(Math.max(0, overview.now - since))}`;
  const told = [
    ...attention(overview, "depot-down").map(
      ({ depot, flows, since }) => `depot ${depot} (all ${flows} terminals heard of) ${lasting(since)}`,
    ),
    ...attention(overview, "terminal-down").map(({ flow, cause, since }) => `${flow} (${cause}) ${lasting(since)}`),
  ];
  return line("down", told, "; ");
}

/** Who knocked last, of the last quarter of an hour. */
function refused({ refusals, now }: TopOverview): Entries {
  const told = refusals.map(({ source, flow, reason, count, last }) => {
    const who = `${source ?? "many"} at ${flow ?? "several doors"}`;
    return `${who} ${counted(count, "time")} (${reason}), ${formatSpan(Math.max(0, now - last))} ago`;
  });
  return line("refused", told, "; ");
}

function operated(overview: TopOverview): Entries {
  return (["draining", "closed"] as const).flatMap((state) => {
    const flows = overview.attention.flatMap((one) => (one.what === state ? [one.flow] : []));
    return line(state, flows, ", ", overview.states[state]);
  });
}

/** Temporary grants, the one that ends first before all. */
function expiring(overview: TopOverview): Entries {
  const told = attention(overview, "grant-ends").map(({ id, source, flows, until }) => {
    return `${id}: ${source} at ${counted(flows, "flow")} for ${formatSpan(Math.max(0, until - overview.now))}`;
  });
  return line("expiring", told, "; ");
}

function file(overview: TopOverview): Entries {
  return attention(overview, "file-differs").map(() => ["file", "says something else than what runs: ecluse plan"]);
}

/** The first three, and how many more: no line where there is nothing. */
function line(name: string, list: readonly string[], between = ", ", all = list.length): Entries {
  const count = Math.max(all, list.length);
  if (count === 0) return [];
  if (count <= 3) return [[name, list.join(between)]];
  return [[name, `${list.slice(0, 2).join(between)} and ${count - 2} more`]];
}

/** What matters most stands left: a narrow terminal cuts the right. */
const COLUMNS: readonly (readonly [title: string, cell: (session: TopSession) => string])[] = [
  ["FLOW", ({ flow }) => flow],
  ["SOURCE", ({ source }) => source],
  ["AGE", ({ duration }) => formatSpan(duration)],
  ["TO IT/S", ({ perSecond }) => speed(perSecond?.toTarget)],
  ["BACK/S", ({ perSecond }) => speed(perSecond?.toClient)],
  ["TO IT", ({ bytesToTarget }) => formatBytes(bytesToTarget)],
  ["BACK", ({ bytesToClient }) => formatBytes(bytesToClient)],
  ["PHASE", ({ phase, leaving }) => (leaving ? `${phase}, leaving` : phase)],
  ["RULE", ({ rule }) => rule],
];

/** A heading, sessions, and how many there was no room for: at most `room` lines. */
function tableOf({ frame, order }: TopView, columns: number, room: number): readonly ScreenLine[] {
  const sessions = ordered(frame.sessions, order);
  const places = sessions.length > room - 1 ? room - 2 : sessions.length;
  if (sessions.length === 0 || places < 1) return [];
  const shown = sessions.slice(0, places);
  const longest = Math.max(12, Math.floor(columns / 3));
  const cells = shown.map((session) => COLUMNS.map(([, cell]) => cut(escapeControls(cell(session)), longest)));
  const widths = COLUMNS.map(([title], at) => Math.max(title.length, ...cells.map((row) => width(row[at] ?? ""))));
  const laidOut = (row: readonly string[]): string => row.map((cell, at) => padded(cell, widths[at] ?? 0)).join("  ");
  const more = sessions.length - shown.length;
  return [
    { text: laidOut(COLUMNS.map(([title]) => title)), tone: "heading" },
    ...cells.map((row) => ({ text: laidOut(row).trimEnd() })),
    ...(more === 0 ? [] : [{ text: `and ${more} more` }]),
  ];
}

function ordered(sessions: readonly TopSession[], order: TopOrder): readonly TopSession[] {
  const oldest = (a: TopSession, b: TopSession): number => b.duration - a.duration;
  if (order === "oldest") return sessions.toSorted(oldest);
  return sessions.toSorted((a, b) => busy(b) - busy(a) || oldest(a, b));
}

function busy({ perSecond }: TopSession): number {
  return perSecond === null ? 0 : perSecond.toTarget + perSecond.toClient;
}

function speed(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "-" : `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

function width(text: string): number {
  return Array.from(text).length;
}

function padded(text: string, to: number): string {
  return text + " ".repeat(Math.max(0, to - width(text)));
}

function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  return columns < 1
    ? ""
    : `${Array.from(text)
        .slice(0, columns - 1)
        .join("")}…`;
}
