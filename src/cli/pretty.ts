/** A gateway's events as lines for a person at a terminal. */
import { styleText } from "node:util";
import type { GatewayEvent, RefusedEvent, SessionEvent } from "../observe/events.ts";
import type { DroppedEvent } from "./log-writer.ts";

type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

/** One line, without its newline; `at` is milliseconds since the epoch, shown as local time. */
export function prettyLine(event: GatewayEvent | DroppedEvent, at: number, colour: boolean): string {
  return `${painter(colour)("dim", new Date(at).toTimeString().slice(0, 8))}  ${prettyWords(event, colour)}`;
}

/** The same without the time. */
export function prettyWords(event: GatewayEvent | DroppedEvent, colour: boolean): string {
  return words(event, painter(colour));
}

/** `validateStream` would look at another stream than the one that the caller has asked about colour. */
export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

function words(event: GatewayEvent | DroppedEvent, paint: Paint): string {
  switch (event.event) {
    case "ready":
      return (
        paint("green", `ready: ${count(event.doors, "door", "doors")} open`) +
        (event.blocked > 0 ? paint("red", `, ${event.blocked} blocked`) : "")
      );
    case "session":
      return session(event, paint);
    case "refused":
      return refused(event, paint);
    case "blocked":
      return `${paint("red", "blocked".padEnd(11))} ${event.flow}: ${event.message}`;
    case "unblocked":
      return `${paint("green", "open".padEnd(11))} ${event.flow}: ${event.message}`;
    case "dashboard-down":
      return `${paint("red", "dashboard".padEnd(11))} ${event.message}`;
    case "dashboard-up":
      return `${paint("green", "dashboard".padEnd(11))} ${event.message}`;
    case "metrics-blocked":
      return `${paint("red", "metrics".padEnd(11))} ${event.message}`;
    case "metrics-open":
      return `${paint("green", "metrics".padEnd(11))} ${event.message}`;
    case "table-altered":
      return `${paint("red", "altered".padEnd(11))} ${event.message}`;
    case "unclaimed":
      return paint("yellow", event.message);
    case "ignored":
      return `${event.signal} ignored: ${event.message}`;
    case "changed":
      return `${paint("green", event.what.padEnd(11))} by ${event.by}: ${event.detail}`;
    case "pending":
      return paint(
        "yellow",
        `the inventory file has changed (${summary(event)}); ecluse plan shows it, ecluse apply applies it`,
      );
    case "not-notified":
      return paint("yellow", `systemd was not told: ${event.message}`);
    case "bug":
      return paint("red", `a bug in Ecluse, please report it: ${event.stack}`);
    case "not-applied":
      return `${paint("red", "not applied".padEnd(11))} ${event.message}; ${event.hint}`;
    case "handed-over":
      return `handed over to process ${event.to}; ${count(event.sessions, "session ends", "sessions end")} in this one`;
    case "took-over":
      return `took over from process ${event.from}; ${count(event.sessions, "session ends", "sessions end")} in that one`;
    case "not-handed-over":
      return `${paint("red", "goes on".padEnd(11))} ${event.message}; ${event.hint}`;
    case "finished":
      return `process ${event.process} has finished${event.cut === 0 ? "" : paint("red", `: ${count(event.cut, "session was", "sessions were")} cut`)}`;
    case "lost":
      return paint(
        "red",
        `process ${event.process} has gone, and ${count(event.sessions, "session", "sessions")} with it`,
      );
    case "shield":
      return `${paint(event.hint === undefined ? "green" : "red", "shield".padEnd(11))} ${event.message}${event.hint === undefined ? "" : `; ${event.hint}`}`;
    case "stopping":
      return `stopping: no door is open any more; ${count(event.sessions, "session", "sessions")} may finish within ${event.within / 1000} s`;
    case "stopped":
      return event.cut === 0
        ? "stopped: every session had ended"
        : paint("red", `stopped: ${count(event.cut, "session was", "sessions were")} cut`);
    case "log-dropped":
      return paint("yellow", `${count(event.count, "line is", "lines are")} missing here: the output took nothing`);
  }
}

/** The counts that are not 0: `opened 2, losing 14`. */
function summary({ event: _, ...counts }: { readonly event: string }): string {
  const told = Object.entries(counts).filter(([, count]) => count !== 0);
  return told.map(([name, count]) => `${name} ${String(count)}`).join(", ");
}

function session(event: SessionEvent, paint: Paint): string {
  const clean = event.outcome === "closed";
  const outcome = paint(clean ? "green" : "yellow", event.outcome.padEnd(11));
  const cause = event.cause === undefined ? "" : ` (${event.cause})`;
  const bytes = `${event.bytesToTarget} B to it, ${event.bytesToClient} B back`;
  return `${outcome} ${event.flow}  ${event.source} as ${event.rule}, ${event.duration} ms, ${bytes}, by the ${event.by}${cause}`;
}

/** Reasons of refusals that were added up whatever the door, or that the kernel had no room to tell apart. */
const MANY: ReadonlySet<RefusedEvent["reason"]> = new Set(["many-doors", "many-sources", "shielded"]);

function refused(event: RefusedEvent, paint: Paint): string {
  const who = event.source ?? (MANY.has(event.reason) ? "many sources" : "no address");
  const where = event.flow ?? (MANY.has(event.reason) ? "many doors" : "no flow");
  const times = event.count === 1 ? "" : ` ${event.count} times`;
  const what = event.outcome === "bad-proxy-header" ? "PROXY header " : "";
  return `${paint("red", "refused".padEnd(11))} ${where}  ${who}${times}: ${what}${event.reason}`;
}

export function count(number: number, one: string, more: string): string {
  return `${number} ${number === 1 ? one : more}`;
}
