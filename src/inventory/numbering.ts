/**
 * The numbering plan: depot and terminal <-> public port 1XXYY <-> address in the depot.
 *
 * Depots 1..72 and terminals 1..99 give the ports 10101..17299, 7,128 of them, each exactly once (the first founding
 * document, section 3.2). An address or a port outside the plan is written in the inventory and is an exception.
 */
import type { Ipv4, Network } from "@ecluse/guard/address";

export const DEPOTS = 72;
export const TERMINALS = 99;

declare const publicPort: unique symbol;

/** A port of the plan: 1XXYY with XX in 01..72 and YY in 01..99. */
export type PublicPort = number & { readonly [publicPort]: true };

/** Where a terminal stands: its depot (1..72) and its number in it (1..99). */
export interface Position {
  readonly depot: number;
  readonly terminal: number;
}

/** The public port of a terminal: depot 22, terminal 3 -> 12203. The position must be inside the plan. */
export function publicPortOf({ depot, terminal }: Position): PublicPort {
  return (10_000 + depot * 100 + terminal) as PublicPort;
}

/** The terminal behind a public port, or `undefined` where the number is not of the plan. */
export function positionOf(port: number): Position | undefined {
  const position = { depot: Math.floor(port / 100) - 100, terminal: port % 100 };
  return inPlan(position) ? position : undefined;
}

/** Whether depot and terminal are whole numbers of the plan. */
export function inPlan({ depot, terminal }: Position): boolean {
  const within = (value: number, last: number): boolean => Number.isInteger(value) && value >= 1 && value <= last;
  return within(depot, DEPOTS) && within(terminal, TERMINALS);
}

/** The network of a depot: depot 22 of 172.17.0.0/16 -> 172.17.22.0/24. The plan's network is a /16. */
export function depotNetwork(plan: Network, depot: number): Network {
  return { address: (plan.address + depot * 256) as Ipv4, prefix: 24 };
}

/** The planned address of a terminal: host `firstHost` is terminal 1, so terminal 3 of depot 22 -> 172.17.22.12. */
export function plannedAddress(plan: Network, firstHost: number, { depot, terminal }: Position): Ipv4 {
  return (plan.address + depot * 256 + firstHost + terminal - 1) as Ipv4;
}

/** The one canonical id: `depot22-tpe03`. */
export function terminalId({ depot, terminal }: Position): string {
  return `depot${twoDigits(depot)}-tpe${twoDigits(terminal)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
