/** What changes from one policy to another, as access: plain data. */
import type { Limits } from "../inventory/model.ts";

export interface PolicyChange {
  readonly flows: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** The same door to the same target under another id. */
    readonly renamed: readonly { readonly before: string; readonly after: string }[];
  };
  readonly doors: {
    readonly opened: readonly DoorSide[];
    readonly closed: readonly DoorSide[];
    /** Open before and after, and leading to another target, or by another flow's rules. */
    readonly redirected: readonly Redirected[];
  };
  readonly access: readonly AccessChange[];
  /** Who enters as before, by a rule with another name. */
  readonly rules: readonly RuleChange[];
  readonly settings: readonly SettingChange[];
  readonly limits: readonly LimitChange[];
}

/** Endpoints are written `198.51.100.10:10101`, networks as in an inventory, instants in ISO 8601, UTC. */
export interface DoorSide {
  readonly endpoint: string;
  readonly flow: string;
  readonly target: string;
}

export interface Redirected {
  readonly endpoint: string;
  readonly before: Omit<DoorSide, "endpoint">;
  readonly after: Omit<DoorSide, "endpoint">;
}

/** The same addresses at the same flows. `source` is the rule's; where access is lost, the rule that was. */
export type AccessChange =
  | (Reach & { readonly what: "gained" | "lost"; readonly until?: string })
  /** In before and after. `before` and `after` are the ends; absent: none. */
  | (Reach & {
      readonly what: "ends-sooner" | "ends-later" | "gets-end" | "loses-end";
      readonly before?: string;
      readonly after?: string;
    });

export interface Reach {
  readonly source: string;
  readonly networks: readonly string[];
  readonly flows: readonly string[];
}

export interface RuleChange extends Omit<Reach, "source"> {
  readonly before: string;
  readonly after: string;
}

/**
 * `listens`: the endpoints of a flow that the gateway does not carry. `engine`: holds from the next start. `null`: none, no
 * limit of its own.
 */
export interface SettingChange {
  readonly setting:
    | "kind"
    | "sessions"
    | "queue"
    | "onRevoke"
    | "acceptProxy"
    | "sendProxy"
    | "probe"
    | "listens"
    | "shield"
    | "engine";
  readonly before: string | number | null;
  readonly after: string | number | null;
  readonly flows: readonly string[];
}

export interface LimitChange {
  readonly limit: keyof Limits;
  readonly before: number;
  readonly after: number;
}
