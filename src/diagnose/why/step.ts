/** One step of the way from a till to its terminal, and what is known when it is judged. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import type { RelayedFlow } from "../../policy/policy.ts";

export const STEPS = [
  "inventory",
  "grant",
  "operator",
  "listener",
  "firewall",
  "route",
  "tunnel",
  "neighbours",
  "terminal",
] as const;

export interface Step {
  readonly name: (typeof STEPS)[number];
  /** `unknown`: it could not be judged, and the next is looked at. */
  readonly state: "passed" | "breaks" | "unknown";
  /** What is, for whoever looks after the gateway. */
  readonly what: string;
  readonly evidence: { readonly source: string; readonly line: string };
  /** Where it breaks: one sentence that somebody at the till can repeat. */
  readonly said?: string;
  /** Where it breaks: a command, or what to do. */
  readonly fix?: string;
}

/** A flow, and what was read on the way to it. */
export interface Walk {
  readonly flow: RelayedFlow;
  /** In words: `terminal 3 of depot 22`, `flow/opi-callback`. */
  readonly name: string;
  readonly audited: Audited;
  /** Whose right is asked for; absent: anybody's. */
  readonly from?: Ipv4;
  readonly gateway: GatewayWord;
}

/** What the running gateway said. */
export type GatewayWord =
  | { readonly kind: "answered"; readonly flow: LiveFlow }
  /** It runs, and carries no such flow: the file was not applied. */
  | { readonly kind: "not-applied" }
  /** Nobody answers at its socket, or not to us; `message` says why. */
  | { readonly kind: "silent"; readonly message: string };

/** A flow as the running gateway carries it. */
export interface LiveFlow {
  readonly operation?: { readonly state: "closed" | "draining"; readonly by: string; readonly reason?: string };
  /** Doors that it cannot open: why. */
  readonly blocked: readonly string[];
  readonly grants: readonly LiveGrant[];
  readonly sessions: readonly LiveSession[];
}

/** Given for a while, besides the inventory. */
export interface LiveGrant {
  readonly id: string;
  /** A source of the inventory, an address or a network. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Of the whole depot: what is open at a terminal shows that it answers. */
export interface LiveSession {
  readonly flow: string;
  readonly phase: "waiting" | "dialling" | "open";
  readonly source: string;
  readonly started: string;
}

/** What came of a connection from this host. */
export interface Look {
  readonly flow: string;
  readonly to: string;
  /** `refused`: its host is there, and nobody listens. `silent`: nothing came back. */
  readonly answer: "connected" | "refused" | "silent";
  /** As the system says it: `ETIMEDOUT`. */
  readonly code: string;
}

/** Looks at the terminal and, where it did not connect, at neighbours. */
export interface Looks {
  /** Why it was not looked at, in words, where it was not. */
  readonly terminal: Look | string;
  readonly neighbours: readonly Look[];
}

/** What is open shows that the terminal has answered; what waits or is being dialled does not. */
export function openSessions({ gateway }: Walk): readonly LiveSession[] {
  return gateway.kind === "answered" ? gateway.flow.sessions.filter(({ phase }) => phase === "open") : [];
}

export function passed(name: Step["name"], what: string, evidence: Step["evidence"]): Step {
  return { name, state: "passed", what, evidence };
}

export function unknown(name: Step["name"], what: string, evidence: Step["evidence"]): Step {
  return { name, state: "unknown", what, evidence };
}

/** All that is said of a step that breaks. */
export function breaks(name: Step["name"], said: Required<Pick<Step, "what" | "evidence" | "said" | "fix">>): Step {
  return { name, state: "breaks", ...said };
}
