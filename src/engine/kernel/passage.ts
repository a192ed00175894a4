/**
 * Whether those whom our rules let through get on: what another table drops on its way through the host, no rule of ours can
 * bring back, and neither conntrack nor the terminal ever hears of it. ufw's default for routed packets does so, and Docker's.
 */
import type { NftObject } from "../../netfilter/nft.ts";
import { type Counts, countedSince, countsOf } from "./counted.ts";
import type { Rules } from "./table/rules.ts";

/** What became of newcomers since the last look, by terminal: `172.17.1.10 8888`. */
export interface Passed {
  readonly dropped: ReadonlySet<string>;
  readonly through: ReadonlySet<string>;
}

export class Passage {
  readonly #rules: Pick<Rules, "read">;
  #before: { readonly entered: Counts; readonly left: Counts } = { entered: new Map(), left: new Map() };

  constructor(rules: Pick<Rules, "read">) {
    this.#rules = rules;
  }

  async look(): Promise<Passed> {
    // In this order: whoever comes between the two readings is through, and not missed.
    const entered = countsOf((await this.#rules.read("let_through")) ?? []);
    const left = countsOf((await this.#rules.read("left")) ?? []);
    const came = countedSince(this.#before.entered, entered);
    const went = countedSince(this.#before.left, left);
    this.#before = { entered, left };
    const dropped = [...came].filter(([terminal]) => !went.has(terminal)).map(([terminal]) => terminal);
    return { dropped: new Set(dropped), through: new Set(went.keys()) };
  }

  /** The sets are new, and count from nothing. */
  restart(): void {
    this.#before = { entered: new Map(), left: new Map() };
  }
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
