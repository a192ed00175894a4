/** What the formats have in common once they are read: doors that are open today, terminals that exist, rules that hold. */
import type { Ipv4, Network } from "@ecluse/guard/address";
import type { Endpoint } from "../model.ts";
import type { Position } from "../numbering.ts";
import type { Spot } from "../tree.ts";

/** A public port that leads somewhere today. */
export interface Mapping {
  /** As its file calls it: `depot01-tpe01`. */
  readonly name: string;
  readonly at: Spot;
  /** The address on which it is published; absent: every address of the host. */
  readonly host?: Ipv4;
  readonly port: number;
  readonly target: Endpoint;
  /** Which words said the target: `its command`. */
  readonly by: string;
}

/** A terminal as a table lists it. */
export interface TerminalRow {
  readonly at: Spot;
  readonly position: Position;
  /** A public port outside the plan. */
  readonly alias?: number;
  readonly address?: Ipv4;
  readonly port?: number;
  readonly label?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly depotName?: string;
}

/** Whole ports, both ends included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** A rule for connections that come in over IPv4, or are passed on. */
export interface Rule {
  readonly at: Spot;
  /** As written, for messages. */
  readonly text: string;
  /** `deny` stands for everything that is no plain allow: deny, reject, limit. */
  readonly action: "allow" | "deny";
  /** Absent: every port. */
  readonly ports?: readonly Span[];
  /** The host's own address, or where a routed connection leads; absent: every one of them. */
  readonly to?: Network;
  /** For what the host passes on: its port and address are those of a door's target. */
  readonly isRouted?: true;
  readonly from: Network | Placeholder | "anyone";
  readonly opensUdpToo: boolean;
  readonly comment?: string;
}

/** A text that stands for an address which somebody was to write: `IP_AUTORISEE`. */
export interface Placeholder {
  readonly standsFor: string;
}

/** Whether a port lies in one of the spans; no spans: in all of them. */
export function covers(spans: readonly Span[] | undefined, port: number): boolean {
  return spans === undefined || spans.some(({ first, last }) => port >= first && port <= last);
}

/** `8888`, `8888-8890`, `22,80`. */
export function formatSpans(spans: readonly Span[]): string {
  return spans.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** Ports in words, neighbours as ranges: `8888-8890,9001`. */
export function formatPorts(ports: readonly number[]): string {
  const spans: { first: number; last: number }[] = [];
  for (const port of ports.toSorted((a, b) => a - b)) {
    const before = spans.at(-1);
    if (before !== undefined && port <= before.last + 1) before.last = port;
    else spans.push({ first: port, last: port });
  }
  return formatSpans(spans);
}

/** A port or a range (`10101-10105`, `10101:10105`); `undefined`: it is neither. */
export function parseSpan(text: string): Span | undefined {
  const [, from, to] = /^(\d{1,5})(?:[-:](\d{1,5}))?$/.exec(text.trim()) ?? [];
  const first = Number(from ?? 0);
  const last = Number(to ?? first);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : undefined;
}
