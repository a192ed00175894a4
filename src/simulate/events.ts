/** What a simulated terminal reports. Byte counts and kinds only: a payload, an amount or a card number never. */
import type { Unreadable } from "./caisse-ap.ts";
import type { RequestKind } from "./messages.ts";

/** `session` counts from 1 in the life of the terminal; `peer` is `address:port`. */
export type TerminalEvent =
  | { readonly kind: "connection"; readonly session: number; readonly peer: string }
  /** A second session at a terminal that takes one: reset before anything was read. It is not counted as a session. */
  | { readonly kind: "turned-away"; readonly peer: string }
  | { readonly kind: "request"; readonly session: number; readonly request: RequestKind; readonly bytes: number }
  /** The bytes are no Caisse-AP; the session is reset. */
  | { readonly kind: "unreadable"; readonly session: number; readonly why: Unreadable; readonly bytes: number }
  /** The whole answer was given to the network; whether it arrives is another matter. */
  | { readonly kind: "answered"; readonly session: number; readonly bytes: number }
  | SessionClosed;

export interface SessionClosed {
  readonly kind: "closed";
  readonly session: number;
  /** `closed`: both directions ended in order; `reset`: RST. */
  readonly how: "closed" | "reset";
  /** Who ended first. */
  readonly by: "client" | "terminal";
  readonly received: number;
  readonly sent: number;
}

export type TerminalEventKind = TerminalEvent["kind"];

/** Every kind, for who wants to listen to them all. */
export const TERMINAL_EVENTS = ["connection", "turned-away", "request", "unreadable", "answered", "closed"] as const;

/** The events by name, as `EventEmitter` wants them. */
export type TerminalEventMap = {
  readonly [Kind in TerminalEventKind]: [event: Extract<TerminalEvent, { readonly kind: Kind }>];
};
