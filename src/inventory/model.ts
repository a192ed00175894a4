/**
 * The inventory after reading: what the operator wrote, in types that cannot be wrong.
 *
 * Plain data without methods, so that it can cross to another process. Every name in it was checked, every default
 * filled in, every duration is in milliseconds, every instant in milliseconds since the epoch, every address a number.
 */
import type { Ipv4, Network } from "@ecluse/guard/address";

export interface Inventory {
  readonly language: "fr" | "en";
  readonly contact: { readonly support?: Person; readonly emergency?: Person; readonly documentation?: string };
  readonly gateway: Gateway;
  readonly sources: readonly Source[];
  readonly depots: readonly Depot[];
  readonly machines: readonly Machine[];
  readonly services: readonly Service[];
  readonly flows: readonly GenericFlow[];
  readonly exceptions: readonly Exception[];
  /** Sources that may reach this host by SSH. */
  readonly ssh: readonly Grant[];
}

export interface Person {
  readonly name: string;
  readonly email?: string;
  readonly phone?: string;
}

export interface Gateway {
  readonly address: Ipv4;
  readonly engine: "relay" | "kernel";
  /** With the kernel engine. `source`: as which address terminals see sessions come; `preserved`: as each one's own. */
  readonly kernel?: { readonly source: Ipv4 | "preserved" };
  readonly terminals: { readonly network: Network; readonly firstHost: number; readonly port: number };
  readonly tunnel: { readonly interface: string; readonly routers: readonly Ipv4[] };
  readonly limits: Limits;
  readonly onRevoke: OnRevoke;
  /** Whether the kernel is to refuse strangers, too. Absent: not. */
  readonly shield?: true;
  /** The state directory; absent: the command line's default. */
  readonly state?: string;
  /** The control socket; absent: the command line's default. */
  readonly control?: string;
  /** The group whose members may use that socket; absent: its owner alone. */
  readonly controlGroup?: string;
  /** Where the dashboard is served, on loopback; absent: nowhere. */
  readonly dashboard?: Endpoint;
  /** Where metrics are served, on loopback; absent: on the control socket alone. */
  readonly metrics?: Endpoint;
  /** `keep` in milliseconds, `size` in bytes. */
  readonly journal: { readonly keep: number; readonly size: number };
}

/** All durations in milliseconds. DESIGN: connect 5 s, idle 300 s, halfClosed 30 s, stalled 60 s, keepalive 30 s, drain 200 s. */
export interface Limits {
  readonly connect: number;
  readonly idle: number;
  readonly halfClosed: number;
  readonly stalled: number;
  readonly keepalive: number;
  readonly drain: number;
  /** Sessions at once through the whole gateway. */
  readonly sessions: number;
  /** Sessions at once of one source address. */
  readonly perSource: number;
}

/** What happens to the open sessions of a right that has gone: they may finish within the drain time, end, or stay. */
export type OnRevoke = "drain" | "cut" | "keep";

/** Who owns and answers for something. Dates are `YYYY-MM-DD`. */
export interface Accountability {
  readonly owner?: string;
  readonly reason?: string;
  readonly approver?: string;
  readonly reviewed?: string;
  readonly nextReview?: string;
}

/** Named addresses that may come. Machines and `depots` are sources too, and stand in this list under their names. */
export interface Source extends Accountability {
  readonly name: string;
  readonly networks: readonly Network[];
}

/** A source's right, always or until an instant. */
export interface Grant {
  readonly source: string;
  readonly until?: number;
  readonly reason?: string;
}

export interface Depot {
  readonly number: number;
  readonly name?: string;
  readonly terminals: readonly Terminal[];
}

export interface Terminal extends Accountability {
  readonly number: number;
  readonly address: Ipv4;
  readonly port: number;
  readonly label?: string;
  readonly model?: string;
  readonly serial?: string;
  /** Public ports besides the plan's 1XXYY. */
  readonly aliases: readonly number[];
  /** Sessions at once; absent: no limit beyond the gateway's. */
  readonly sessions?: number;
  readonly queue?: Queue;
  readonly onRevoke?: OnRevoke;
  /** Whether it may be looked at; absent: by a connection that is closed at once. */
  readonly probe?: Probing;
  readonly grants: readonly Grant[];
}

/** `none`: never. `connect`: by a connection that says nothing. `identify`: by asking a Caisse-AP terminal who it is. */
export type Probing = "none" | "connect" | "identify";

/** Who finds every place taken waits in line instead of being turned away; only where `sessions` is limited. */
export interface Queue {
  /** How many may wait. */
  readonly length: number;
  /** How long one may wait, in milliseconds. */
  readonly wait: number;
}

export interface Machine {
  readonly name: string;
  readonly address: Ipv4;
  readonly ssh: readonly Grant[];
}

/** A program that listens itself on its machine: `kind: local`. */
export interface Service extends Accountability {
  readonly name: string;
  readonly machine: string;
  readonly port: number;
  readonly hostVariable?: string;
  readonly unit?: string;
  readonly domain?: string;
  /** Where the service may connect to: anywhere, or the named sources' addresses; absent: not declared. */
  readonly outbound?: "any" | readonly string[];
  readonly grants: readonly Grant[];
}

/** Anything else, in either direction: relayed where it has a target, local where it has none. */
export interface GenericFlow extends Accountability {
  readonly name: string;
  readonly listen: Endpoint;
  readonly target?: Endpoint;
  readonly direction: Direction;
  readonly sessions?: number;
  readonly queue?: Queue;
  readonly onRevoke?: OnRevoke;
  /** Sources that are balancers: only they may connect, and each says by a PROXY header whom it speaks for. */
  readonly acceptProxy?: readonly string[];
  /** The version of the PROXY header by which the target is told who comes. */
  readonly sendProxy?: "v1" | "v2";
  readonly grants: readonly Grant[];
}

export type Direction = "till-to-terminal" | "terminal-to-till" | "proxy-to-service" | "other";

export interface Endpoint {
  readonly address: Ipv4;
  readonly port: number;
}

export type ExceptionRule =
  "wildcard-listen" | "terminal-on-loopback" | "port-outside-plan" | "terminal-outside-network" | "source-any";

/** What this inventory may do against the rules; `until` is `YYYY-MM-DD`. */
export interface Exception {
  readonly rule: ExceptionRule;
  readonly on: string;
  readonly reason: string;
  readonly until?: string;
}
