/** A gateway's events as lines for a person at a terminal. */
import { styleText } from "node:util";
import type { GatewayEvent, RefusedEvent, SessionEvent } from "../observe/events.ts";

type Style = Parameters<typeof styleText>[0];

/** One line, without its newline; `at` is milliseconds since the epoch, shown as local time. */
export function prettyLine(event: GatewayEvent, at: number, colour: boolean): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const time = paint("dim", new Date(at).toTimeString().slice(0, 8));
  return `${time}  ${words(event, paint)}`;
}

type Paint = (style: Style, text: string) => string;

function words(event: GatewayEvent, paint: Paint): string {
  switch (event.event) {
    case "ready":
      return (
        paint("green", `ready: ${event.doors} doors open`) + (event.blocked > 0 ? `, ${event.blocked} blocked` : "")
      );
    case "session":
      return session(event, paint);
    case "refused":
      return refused(event, paint);
    case "blocked":
      return `${paint("red", "blocked")}  ${event.flow}: ${event.message}`;
    case "unblocked":
      return `${paint("green", "open")}  ${event.flow}: ${event.message}`;
    case "ignored":
      return `${event.signal} ignored: ${event.message}`;
    case "stopping":
      return `stopping: no door is open any more; ${event.sessions} sessions may finish within ${event.within / 1000} s`;
    case "stopped":
      return event.cut === 0
        ? "stopped: every session had ended"
        : paint("red", `stopped: ${event.cut} sessions were cut`);
  }
}

function session(event: SessionEvent, paint: Paint): string {
  const clean = event.outcome === "closed";
  const outcome = paint(clean ? "green" : "yellow", event.outcome.padEnd(11));
  const cause = event.cause === undefined ? "" : ` (${event.cause})`;
  const bytes = `${event.bytesToTarget} B to it, ${event.bytesToClient} B back`;
  return `${outcome} ${event.flow}  ${event.source} as ${event.rule}, ${event.duration} ms, ${bytes}, by the ${event.by}${cause}`;
}

function refused(event: RefusedEvent, paint: Paint): string {
  const who = event.source ?? "many sources";
  const times = event.count === 1 ? "" : ` ${event.count} times`;
  return `${paint("red", "refused".padEnd(11))} ${event.flow ?? "no flow"}  ${who}${times}: ${event.reason}`;
}
