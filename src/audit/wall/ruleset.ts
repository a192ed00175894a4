/**
 * The rules of a host's firewalls in one form, whichever program wrote them: base chains on the kernel's hooks, chains
 * that they jump to, conditions and actions.
 *
 * Where the packet goes is concrete when rules are judged; only who sends it is a set. So every condition is a lookup:
 * of fields of the packet in a list of elements, as nftables has it, and `-s 192.0.2.1` is a list of one.
 */
import type { AddressSet } from "./address-set.ts";

/** All the rules that a packet to this host can meet. */
export interface Walls {
  readonly chains: readonly BaseChain[];
}

export interface BaseChain {
  readonly hook: Hook;
  /** Lower comes first; conntrack stands at -200 of prerouting (Documentation of nft(8), "chains"). */
  readonly priority: number;
  readonly type: "filter" | "nat";
  readonly policy: "accept" | "drop";
  readonly chain: Chain;
}

export type Hook = "prerouting" | "input" | "forward";

export interface Chain {
  readonly place: Place;
  /** Filled when all chains are known, for they jump to each other. */
  readonly rules: readonly Rule[];
}

/** Where a chain stands, as its program names it. */
export interface Place {
  readonly program: "iptables-nft" | "iptables-legacy" | "iptables" | "ip6tables" | "nft";
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

export interface Rule {
  readonly place: Place;
  readonly conditions: readonly Condition[];
  readonly action: Action;
  /** As it was read. */
  readonly line: string;
  /** The command that takes it away. */
  readonly undo: string;
}

export type Condition =
  | Lookup
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  /** What it tests is not known here: it may hold or not. */
  | { readonly kind: "unknown"; readonly text: string }
  | { readonly kind: "mark"; readonly mask: number; readonly value: number; readonly negated: boolean };

export interface Lookup {
  readonly kind: "lookup";
  readonly fields: readonly Field[];
  readonly elements: readonly Element[];
  readonly negated: boolean;
  /** The named set of nftables that the elements are of. */
  readonly set?: string;
}

/** `kind`: what the destination is to this host, `local` or `unicast`. `state`: conntrack's word. */
export type Field =
  | "source"
  | "destination"
  | "port"
  | "original-destination"
  | "original-port"
  | "into"
  | "out"
  | "state"
  | "status"
  | "kind";

/** One part for each field of its lookup. */
export type Element = readonly Part[];

/** Numbers from one to another, or a word; a word may end with `*`. */
export type Part = { readonly from: number; readonly to: number } | { readonly word: string };

export type Action =
  | { readonly kind: "accept" | "drop" | "return" | "continue" | "untrack" }
  /** What it does is not known here: it may accept, drop, or go on. */
  | { readonly kind: "unknown" }
  | { readonly kind: "jump" | "goto"; readonly target: Chain }
  /** Absent: as it was. */
  | { readonly kind: "translate"; readonly destination?: number; readonly port?: number }
  /** Redirected to an address of this host. */
  | { readonly kind: "redirect"; readonly port?: number }
  /** The new mark is `mark & keep ^ flip`, as xt_MARK has it. */
  | { readonly kind: "mark"; readonly keep: number; readonly flip: number };

export const ALWAYS: Condition = { kind: "always" };
export const NEVER: Condition = { kind: "never" };

/** A condition on one field; `negated`: none of the parts. */
export function lookup(field: Field, parts: readonly Part[], negated = false): Lookup {
  return { kind: "lookup", fields: [field], elements: parts.map((part) => [part]), negated };
}

export function opposite(condition: Condition): Condition {
  if (condition.kind === "always") return NEVER;
  if (condition.kind === "never") return ALWAYS;
  if (condition.kind === "unknown") return condition;
  return { ...condition, negated: !condition.negated };
}

/** The condition that a test whose answer is known when it is read comes to. */
export function known(truth: boolean): Condition {
  return truth ? ALWAYS : NEVER;
}

/** For an element of addresses. */
export function partsOf({ bounds }: AddressSet): readonly Part[] {
  return Array.from({ length: bounds.length / 2 }, (_, i) => ({
    from: bounds[2 * i] ?? 0,
    to: bounds[2 * i + 1] ?? 0,
  }));
}
