/** A gateway's events on stdout, one line each: words at a terminal, JSON anywhere else. Never waited for. */
import { isatty } from "node:tty";
import type { GatewayEvent } from "../observe/events.ts";
import { systemClock } from "./clock.ts";
import type { Invocation } from "./command.ts";
import { type DroppedEvent, LogWriter, descriptorOutput } from "./log-writer.ts";
import { prettyLine } from "./pretty.ts";

/** How long the last lines may take to be written, in milliseconds. */
const LAST_LINES = 1_000;

export interface EventLog extends AsyncDisposable {
  readonly tell: (event: GatewayEvent) => void;
}

/** Disposed of: the last lines are written, as far as that goes. */
export function eventLog({ options, io }: Pick<Invocation, "options" | "io">): EventLog {
  const lineOf = isatty(1) && options["json"] === undefined ? prettyLines(io.colour) : jsonLine;
  const log = new LogWriter(descriptorOutput(1), { dropped: lineOf });
  return {
    tell: (event) => log.line(lineOf(event)),
    [Symbol.asyncDispose]: () => log.close(LAST_LINES),
  };
}

type LogEvent = GatewayEvent | DroppedEvent;

function jsonLine(event: LogEvent): string {
  return JSON.stringify({ time: new Date(systemClock.wall()).toISOString(), ...event });
}

function prettyLines(colour: boolean): (event: LogEvent) => string {
  return (event) => prettyLine(event, systemClock.wall(), colour);
}
