/**
 * Whether those whom our rules let through get on: what another table drops on its way through the host, no rule of ours can
 * bring back, and neither conntrack nor the terminal ever hears of it. ufw's default for routed packets does so, and Docker's.
 */
import type { SetElement } from "../../netfilter/netlink/set-message.ts";
import type { NftObject } from "../../netfilter/nft.ts";
import { endpointKey } from "../../policy/policy.ts";
import { type Counts, countedSince, countsOf, endpointIn } from "./counted.ts";
import type { Rules } from "./table/rules.ts";

/** What became of newcomers since the last look, by the terminal's `endpointKey`. */
export interface Passed {
  readonly dropped: ReadonlySet<number>;
  readonly through: ReadonlySet<number>;
}

export const NOTHING_PASSED: Passed = { dropped: new Set(), through: new Set() };

interface Passing {
  readonly entered: Counts;
  readonly left: Counts;
}

const NOTHING_SEEN: Passing = { entered: new Map(), left: new Map() };

export class Passage {
  readonly #rules: Pick<Rules, "read">;
  #before = NOTHING_SEEN;

  constructor(rules: Pick<Rules, "read">) {
    this.#rules = rules;
  }

  /** Rejects where it cannot be read. */
  async look(): Promise<Passed> {
    const before = this.#before;
    // In this order: whoever comes between the two readings is through, and not missed.
    const entered = countsOf((await this.#rules.read("let_through")) ?? []);
    const left = countsOf((await this.#rules.read("left")) ?? []);
    // What was counted by sets that have been made anew meanwhile says nothing of these.
    if (this.#before !== before) return NOTHING_PASSED;
    this.#before = { entered, left };
    const came = terminalsIn(countedSince(before.entered, entered));
    const through = terminalsIn(countedSince(before.left, left));
    return { dropped: new Set([...came].filter((terminal) => !through.has(terminal))), through };
  }

  /** The sets are new, and count from nothing. */
  restart(): void {
    this.#before = { ...NOTHING_SEEN };
  }
}

function terminalsIn(elements: readonly SetElement[]): Set<number> {
  return new Set(
    elements.map((element) => {
      const { address, port } = endpointIn(element, 0);
      return endpointKey(address, port);
    }),
  );
}

/** The chain that drops what none of its rules accepts, of `nft -j list chains`: `ip filter FORWARD`. Absent: there is none. */
export function droppingChain(chains: readonly NftObject[]): string | undefined {
  for (const object of chains) {
    const chain = object["chain"] as Chain | undefined;
    if (chain?.hook === "forward" && chain.policy === "drop" && chain.type === "filter")
      return `${chain.family} ${chain.table} ${chain.name}`;
  }
  return undefined;
}

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly policy?: string;
}
