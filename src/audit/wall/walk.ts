/**
 * A new TCP connection led through a host's rules, for all its possible senders at once.
 *
 * It is judged as one that comes alone, in a quiet hour: a limit of a rate lets it through. What a rule tests that is not
 * known here splits the senders both ways, so that the answer has two bounds: who may get through, and who may not.
 */
import { type AddressSet, intersection, isNobody, union, unionOf, without } from "./address-set.ts";
import { matchRule } from "./matching.ts";
import { type Packet, type Surroundings, isTranslated } from "./packet.ts";
import { rulesAt } from "./rules-at.ts";
import type { Action, BaseChain, Chain, Hook, Rule, Walls } from "./ruleset.ts";

/** Senders whose packet looks the same at this point. */
export interface Branch {
  readonly packet: Packet;
  readonly sources: AddressSet;
}

/** What one rule, or the policy of a base chain, said of some senders. */
export interface Decision extends Branch {
  readonly verdict: "accept" | "drop";
  readonly base: BaseChain;
  /** Absent: the policy. */
  readonly rule?: Rule;
}

export interface Passage {
  /** Who may get through, and to where. */
  readonly arrivals: readonly Branch[];
  readonly decisions: readonly Decision[];
  /** Translations on the way. */
  readonly translations: readonly Decision[];
}

/** Deeper than the kernel allows chains to be nested (NFT_JUMP_STACK_SIZE is 16). */
const DEEPEST = 32;

/** What a packet meets besides the rules themselves. */
export interface Meeting {
  readonly around: Surroundings;
  /** As if these rules were gone. */
  readonly removed: ReadonlySet<Rule>;
}

export function pass(walls: Walls, entering: Branch, { around, removed }: Meeting): Passage {
  const walk = new Walk(around, removed);
  const routed = walk.through(chainsOf(walls, "prerouting"), [entering]);
  const [local, others] = [true, false].map((own) =>
    routed.filter(({ packet }) => around.isOwn(packet.destination) === own),
  );
  const arrivals = [
    ...walk.through(chainsOf(walls, "input"), local ?? []),
    ...walk.through(chainsOf(walls, "forward"), others ?? []),
  ];
  return { arrivals, decisions: walk.decisions, translations: walk.translations };
}

/** Those that certainly get through, and those that perhaps do. */
export function boundsOf({ arrivals, decisions }: Passage): {
  readonly open: AddressSet;
  readonly perhaps: AddressSet;
} {
  const perhaps = unionOf(arrivals.map(({ sources }) => sources));
  const dropped = unionOf(decisions.filter(({ verdict }) => verdict === "drop").map(({ sources }) => sources));
  return { open: without(perhaps, dropped), perhaps };
}

export function chainsOf(walls: Walls, hook: Hook): readonly BaseChain[] {
  const known = byHook.get(walls) ?? Map.groupBy(inOrder(walls), (each) => each.hook);
  byHook.set(walls, known);
  return known.get(hook) ?? [];
}

const byHook = new WeakMap<Walls, ReadonlyMap<Hook, readonly BaseChain[]>>();

function inOrder({ chains }: Walls): readonly BaseChain[] {
  return chains.toSorted((a, b) => a.priority - b.priority);
}

/** How senders leave a chain, or a rule: they go on behind it, leave the chain, or are decided. */
interface Effect {
  readonly on: readonly Branch[];
  readonly returned: readonly Branch[];
  readonly accepted: readonly Branch[];
}

const NOTHING: Effect = { on: [], returned: [], accepted: [] };

class Walk {
  readonly decisions: Decision[] = [];
  readonly translations: Decision[] = [];
  readonly #around: Surroundings;
  readonly #removed: ReadonlySet<Rule>;

  constructor(around: Surroundings, removed: ReadonlySet<Rule>) {
    this.#around = around;
    this.#removed = removed;
  }

  /** All base chains of a hook: a drop is final, an accept leads to the next. */
  through(chains: readonly BaseChain[], entering: readonly Branch[]): readonly Branch[] {
    return chains.reduce<readonly Branch[]>(
      (branches, base) => joined(branches.flatMap((branch) => this.#base(base, tracked(branch, base)))),
      entering,
    );
  }

  #base(base: BaseChain, branch: Branch): readonly Branch[] {
    // The first translation of a connection is its only one.
    if (base.type === "nat" && isTranslated(branch.packet)) return [branch];
    const { on, returned, accepted } = this.#chain(base.chain, branch, { base, depth: 0 });
    const ended = [...on, ...returned];
    for (const each of ended) this.decisions.push({ ...each, verdict: base.policy, base });
    return base.policy === "accept" ? [...accepted, ...ended] : accepted;
  }

  #chain(chain: Chain, branch: Branch, at: { readonly base: BaseChain; readonly depth: number }): Effect {
    let here: readonly Branch[] = [branch];
    const returned: Branch[] = [];
    const accepted: Branch[] = [];
    for (const rule of rulesAt(chain, branch.packet.port)) {
      if (this.#removed.has(rule)) continue;
      const next: Branch[] = [];
      for (const each of here) {
        const { packet, sources } = each;
        const { may, mayNot } = matchRule(rule, packet, sources, this.#around);
        if (isNobody(may)) {
          next.push(each);
          continue;
        }
        if (!isNobody(mayNot)) next.push({ packet, sources: mayNot });
        const effect = this.#act(rule, { packet, sources: may }, at);
        next.push(...effect.on);
        returned.push(...effect.returned);
        accepted.push(...effect.accepted);
      }
      here = joined(next);
      if (here.length === 0) break;
    }
    return { on: here, returned, accepted };
  }

  #act(rule: Rule, branch: Branch, { base, depth }: { readonly base: BaseChain; readonly depth: number }): Effect {
    const { action } = rule;
    const decide = (verdict: Decision["verdict"]): void => void this.decisions.push({ ...branch, verdict, base, rule });
    switch (action.kind) {
      case "accept":
        decide("accept");
        return { ...NOTHING, accepted: [branch] };
      case "drop":
        decide("drop");
        return NOTHING;
      case "return":
        return { ...NOTHING, returned: [branch] };
      case "jump":
      case "goto":
        if (depth >= DEEPEST) return this.#unknown(rule, branch, base);
        return left(action, this.#chain(action.target, branch, { base, depth: depth + 1 }));
      case "translate":
      case "redirect": {
        this.translations.push({ ...branch, verdict: "accept", base, rule });
        return { ...NOTHING, accepted: [{ ...branch, packet: translated(branch.packet, action) }] };
      }
      case "mark":
      case "untrack":
        return { ...NOTHING, on: [{ ...branch, packet: changed(branch.packet, action) }] };
      case "continue":
        return { ...NOTHING, on: [branch] };
      case "unknown":
        return this.#unknown(rule, branch, base);
    }
  }

  #unknown(rule: Rule, branch: Branch, base: BaseChain): Effect {
    this.decisions.push({ ...branch, verdict: "accept", base, rule }, { ...branch, verdict: "drop", base, rule });
    return { on: [branch], returned: [], accepted: [branch] };
  }
}

/** After a jump, whoever comes back goes on behind it; after a goto, leaves the chain, too. */
function left(action: Action, { on, returned, accepted }: Effect): Effect {
  const back = joined([...on, ...returned]);
  return action.kind === "jump" ? { on: back, returned: [], accepted } : { on: [], returned: back, accepted };
}

function translated(packet: Packet, action: Action & { readonly kind: "translate" | "redirect" }): Packet {
  const port = action.port ?? packet.port;
  if (action.kind === "redirect") return { ...packet, port };
  return { ...packet, port, destination: (action.destination ?? packet.destination) as Packet["destination"] };
}

function changed(packet: Packet, action: Action): Packet {
  if (action.kind === "mark") return { ...packet, mark: ((packet.mark & action.keep) ^ action.flip) >>> 0 };
  return { ...packet, tracking: "untracked" };
}

/** Conntrack stands at -200 of prerouting: chains before it know no state. */
function tracked(branch: Branch, { hook, priority }: BaseChain): Branch {
  if (branch.packet.tracking !== "none" || (hook === "prerouting" && priority <= -200)) return branch;
  return { ...branch, packet: { ...branch.packet, tracking: "new" } };
}

/** Branches with the same packet become one: what is not known doubles nothing. */
function joined(branches: readonly Branch[]): readonly Branch[] {
  if (branches.length < 2) return branches;
  const list: Branch[] = [];
  for (const branch of branches) {
    const same = list.findIndex(({ packet }) => samePacket(packet, branch.packet));
    const other = list[same];
    if (other === undefined) list.push(branch);
    else list[same] = { packet: other.packet, sources: union(other.sources, branch.sources) };
  }
  return list;
}

function samePacket(a: Packet, b: Packet): boolean {
  const { destination, port, tracking, mark } = a;
  return a === b || (destination === b.destination && port === b.port && tracking === b.tracking && mark === b.mark);
}

/** Decisions on some of the senders, with only them. */
export function decisionsOn(passage: Passage, sources: AddressSet): readonly Decision[] {
  return passage.decisions.flatMap((decision) => {
    const shared = intersection(decision.sources, sources);
    return isNobody(shared) ? [] : [{ ...decision, sources: shared }];
  });
}
