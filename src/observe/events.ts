/**
 * What a running gateway has to tell, as plain records: one per line of its log.
 *
 * A record names who, where, how long, how many bytes, who ended it and by which rule. Never a payload byte.
 */
import { formatAddress } from "@ecluse/guard/address";
import { type Applied, BEHIND_TABLE, type BlockedDoor, type SessionRecord } from "../engine/records.ts";
import type { Endpoint } from "../inventory/model.ts";
import type { ChangeCounts } from "../policy/compare-lines.ts";
import type { TalliedRefusal } from "./refusals.ts";

export type GatewayEvent =
  | { readonly event: "ready"; readonly doors: number; readonly blocked: number; readonly flows: number }
  | SessionEvent
  | RefusedEvent
  | DoorEvent
  | UnclaimedEvent
  | TableAlteredEvent
  | MetricsEvent
  | DashboardEvent
  | { readonly event: "ignored"; readonly signal: string; readonly message: string }
  | { readonly event: "changed"; readonly what: string; readonly by: string; readonly detail: string }
  | ({ readonly event: "pending" } & ChangeCounts)
  /** The service manager could not be told how this process is. */
  | { readonly event: "not-notified"; readonly message: string }
  /** An answer on the control socket failed where it must not; the sessions go on. */
  | { readonly event: "bug"; readonly stack: string }
  | { readonly event: "not-applied"; readonly message: string; readonly hint: string; readonly findings: number }
  /** By the process that goes, and by the one that comes: `sessions` stay with the former until they end. */
  | { readonly event: "handed-over"; readonly to: number; readonly sessions: number }
  | { readonly event: "took-over"; readonly from: number; readonly sessions: number }
  | { readonly event: "not-handed-over"; readonly message: string; readonly hint: string }
  /** Of a process that has handed over: its last session has ended. */
  | { readonly event: "finished"; readonly process: number; readonly cut: number }
  /** The process before this one ended without a word, and its sessions with it. */
  | { readonly event: "lost"; readonly process: number; readonly sessions: number }
  /** How it is with the kernel's part in refusing, whenever that changes. */
  | {
      readonly event: "shield";
      readonly state: "up" | "down" | "stuck" | "off";
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly event: "stopping"; readonly sessions: number; readonly within: number }
  | { readonly event: "stopped"; readonly cut: number };

/** What can be said of a session at any time of its life. */
export interface SessionFacts {
  readonly flow: string;
  readonly source: string;
  readonly endpoint: string;
  readonly target: string;
  readonly rule: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Milliseconds, whole. */
  readonly duration: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}

export interface SessionEvent extends SessionFacts {
  readonly event: "session";
  readonly outcome: SessionRecord["outcome"];
  readonly by: SessionRecord["by"];
  readonly cause?: string;
}

export interface DoorEvent {
  readonly event: "blocked" | "unblocked";
  readonly flow: string;
  readonly endpoint: string;
  /** What stands in the way, in words; or that nothing does any more. */
  readonly message: string;
}

/** A listening socket that the process was given at its start, and that no flow asks for. */
export interface UnclaimedEvent {
  readonly event: "unclaimed";
  readonly endpoint: string;
  readonly message: string;
}

/** The kernel engine's table was found otherwise than it had been told, by somebody else's hand; it is loaded anew. */
export interface TableAlteredEvent {
  readonly event: "table-altered";
  /** One text for each place, at most eleven. */
  readonly found: readonly string[];
  readonly message: string;
}

/** The port on which metrics are served. */
export interface MetricsEvent {
  readonly event: "metrics-blocked" | "metrics-open";
  readonly endpoint: string;
  /** What stands in the way, in words; or that nothing does any more. */
  readonly message: string;
}

/** The dashboard's own process. */
export interface DashboardEvent {
  readonly event: "dashboard-down" | "dashboard-up";
  readonly endpoint: string;
  /** What stands in the way, in words; or that nothing does any more. */
  readonly message: string;
}

export interface RefusedEvent {
  readonly event: "refused";
  readonly flow: string | null;
  readonly source: string | null;
  readonly outcome: TalliedRefusal["outcome"];
  readonly reason: TalliedRefusal["reason"];
  readonly count: number;
}

export function sessionEvent(record: SessionRecord): SessionEvent {
  const { outcome, by, cause } = record;
  return { event: "session", ...sessionFacts(record), outcome, by, ...(cause === undefined ? {} : { cause }) };
}

/** A session as people read it: addresses and instants spelt out. */
export function sessionFacts(session: Omit<SessionRecord, "outcome" | "by" | "cause">): SessionFacts {
  return {
    flow: session.flow,
    source: formatAddress(session.source),
    endpoint: formatEndpoint(session.endpoint),
    target: formatEndpoint(session.target),
    rule: session.rule,
    started: new Date(session.startedAt).toISOString(),
    duration: Math.round(session.duration),
    bytesToTarget: session.bytesToTarget,
    bytesToClient: session.bytesToClient,
  };
}

export function refusedEvent({ flow, source, outcome, reason, count }: TalliedRefusal): RefusedEvent {
  const address = source === undefined ? null : formatAddress(source);
  return { event: "refused", flow: flow ?? null, source: address, outcome, reason, count };
}

export function doorEvent(event: "blocked" | "unblocked", { flow, endpoint, cause }: BlockedDoor): DoorEvent {
  const where = formatEndpoint(endpoint);
  return { event, flow, endpoint: where, message: listening(where, event === "blocked" ? cause : undefined) };
}

/** `cause`: the system's error code; absent: it listens. */
export function metricsEvent(endpoint: Endpoint, cause: string | undefined): MetricsEvent {
  const where = formatEndpoint(endpoint);
  const event = cause === undefined ? "metrics-open" : "metrics-blocked";
  return { event, endpoint: where, message: listening(where, cause) };
}

/** `trouble`: why it is not served; absent: it is. */
export function dashboardEvent(endpoint: Endpoint, trouble: string | undefined): DashboardEvent {
  const where = formatEndpoint(endpoint);
  if (trouble !== undefined) return { event: "dashboard-down", endpoint: where, message: trouble };
  return { event: "dashboard-up", endpoint: where, message: `The dashboard is served on ${where} now` };
}

export function unclaimedEvent(endpoint: Endpoint): UnclaimedEvent {
  const where = formatEndpoint(endpoint);
  const message = `Closed ${where}: a socket that was passed in, and no flow listens there`;
  return { event: "unclaimed", endpoint: where, message };
}

/** `found`: as the engine says it. */
export function tableAlteredEvent(found: readonly string[]): TableAlteredEvent {
  const message = `The kernel engine's table ip ecluse is not as it was told, and is loaded anew: ${found.join("; ")}`;
  return { event: "table-altered", found, message };
}

export function readyEvent({ open, blocked }: Applied, flows: number): GatewayEvent {
  return { event: "ready", doors: open, blocked: blocked.length, flows };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}

function listening(where: string, cause: string | undefined): string {
  if (cause === BEHIND_TABLE) return `Nobody comes to ${where}: ${STANDS_BEFORE}`;
  return cause === undefined ? `Listening on ${where} now` : `Cannot listen on ${where}: ${wordsFor(cause)}`;
}

const STANDS_BEFORE =
  "the kernel engine's table ip ecluse stands before it, and lets in whom it says (unless another gateway serves with it: sudo nft delete table ip ecluse)";

/** The system's error codes that a bind meets, in words a person can act on. */
function wordsFor(cause: string): string {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: "address already in use (another program listens there: ss -ltnp)",
    EADDRNOTAVAIL: "this host does not have that address (yet): ip -4 address",
    EACCES: "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)",
  };
  return words[cause] ?? cause;
}
