/**
 * The kernel engine: nftables carries the bytes, conntrack tells who came and went.
 *
 * The same policy as the relay's, at the kernel's own speed: rules say who enters where, and this process only changes them
 * and listens. It needs CAP_NET_ADMIN, the programs `nft` and `perl`, and a host that forwards. What the kernel cannot
 * do, or does differently, stands in `src/inventory/engines.ts`; why it is built so, in
 * docs/decisions/kernel-engine.md.
 */
import type { Endpoint } from "../../inventory/model.ts";
import { Sets } from "../../netfilter/netlink/sets.ts";
import { Nft } from "../../netfilter/nft.ts";
import type { RunProgram } from "../../netfilter/run-program.ts";
import { type Policy, type RelayedFlow, endpointKey } from "../../policy/policy.ts";
import type { Clock, Engine, EngineEvents, ProbeQuestion } from "../engine.ts";
import type { HandedOver, TakenOver } from "../handover.ts";
import type { Applied, BlockedDoor, InsideSession, Probed } from "../records.ts";
import { Probes } from "../relay/probes.ts";
import { Conntrack } from "./conntrack/conntrack.ts";
import { HeldPlaces } from "./held-places.ts";
import { KernelSessions } from "./kernel-sessions.ts";
import { Rules, type Told } from "./table/rules.ts";
import type { KernelSettings } from "./settings.ts";
import { NOT_FORWARDING, isCounting, isForwarding } from "./sysctls.ts";
import { type Table, shut, tableOf } from "./table/table.ts";
import type { TableMark } from "./table/table-mark.ts";
import { TableWatch } from "./table-watch.ts";

/** How often rights and deadlines are looked at, in milliseconds. */
const SWEEP = 250;
/** How long a stop waits to hear of those that it has cut, in milliseconds: without the table they end in any case. */
const PARTING = 5_000;

export interface KernelOptions {
  readonly clock: Clock;
  readonly events: EngineEvents;
  readonly settings: KernelSettings;
  /** Says to whoever comes later that the table may stand. */
  readonly mark?: TableMark | undefined;
  /** Default: this host's programs. */
  readonly run?: RunProgram;
}

export class Kernel implements Engine {
  readonly #clock: Clock;
  readonly #events: EngineEvents;
  readonly #settings: KernelSettings;
  readonly #rules: Rules;
  readonly #sessions: KernelSessions;
  readonly #held: HeldPlaces;
  readonly #watch: TableWatch;
  readonly #conntrack: Conntrack;
  readonly #probes: Probes;
  readonly #stops: (() => void)[] = [];
  #policy: Policy | undefined;
  #policyBefore: Policy | undefined;
  #made: { readonly policy: Policy; readonly table: Table } | undefined;
  #working: Promise<unknown> = Promise.resolve();
  #blocked: readonly BlockedDoor[] = [];
  #isOpen = false;
  /** Why conntrack cannot be read. */
  #deaf: string | undefined;
  #isCounting = false;
  #drain: Drain | undefined;
  #lastRefusals: Promise<unknown> | undefined;

  constructor({ clock, events, settings, mark, run }: KernelOptions) {
    this.#clock = clock;
    this.#events = events;
    this.#settings = settings;
    this.#rules = new Rules({
      ...{ nft: new Nft(run), sets: new Sets(), settings, mark },
      replaced: () => this.#watch.replaced(),
    });
    this.#sessions = new KernelSessions({
      clock,
      policy: () => this.#policy,
      policyBefore: () => this.#policyBefore,
      began: events.began,
      ended: (record, session) => {
        events.ended(record, session);
        this.#finishDrain();
      },
      forget: (entry) => this.#conntrack.forget(entry),
      changed: (target) => void this.#held.changed(target),
      isCounting: () => this.#isCounting,
    });
    this.#held = new HeldPlaces({ taken: this.#rules.taken, sessions: this.#sessions });
    this.#watch = new TableWatch({
      ...{ clock, events, rules: this.#rules },
      policy: () => this.#policy,
      isIdle: () => this.#policy === undefined || this.#drain !== undefined,
      tellAgain: () => this.#tellAgain(),
    });
    this.#conntrack = new Conntrack({
      clock,
      happened: (entry) => this.#sessions.happened(entry),
      listing: () => this.#sessions.listing(),
      isAwaited: () => this.#sessions.uncounted > 0,
      failed: (complaint) => {
        this.#deaf = complaint === undefined ? undefined : `conntrack: ${complaint}`;
      },
    });
    this.#probes = new Probes({
      places: { takeIdle: () => true, leaveIdle: () => undefined },
      monotonic: clock.monotonic,
      patience: () => this.#policy?.limits.connect ?? 0,
    });
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get openSessions(): readonly InsideSession[] {
    return this.#sessions.snapshots;
  }

  get blocked(): readonly BlockedDoor[] {
    return this.#blocked;
  }

  apply(policy: Policy): Promise<Applied> {
    return this.#oneAfterAnother(() => this.#applyNow(policy));
  }

  rehearse(policy: Policy): void {
    this.#rules.rehearse(tableOf(policy, this.#made?.table));
  }

  #oneAfterAnother<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => undefined);
    return done;
  }

  async #applyNow(policy: Policy): Promise<Applied> {
    if (this.#drain !== undefined) return { open: 0, blocked: [] };
    this.#policyBefore = this.#policy;
    this.#policy = policy;
    if (!this.#isOpen) await this.#open();
    const told = await this.#load(policy);
    // The rules first, for everyone who comes; then those inside, for whoever is cut must not come in again.
    this.#sessions.judgeAgain();
    this.#watch.changed(told);
    return { open: policy.doors.size - this.#blocked.length, blocked: this.#blocked };
  }

  async #open(): Promise<void> {
    this.#isOpen = true;
    await this.#conntrack.open();
    this.#stops.push(
      this.#clock.every(SWEEP, () => this.#sweep()),
      this.#watch.start(),
    );
  }

  /**
   * Where the host does not forward, a door would swallow who comes; and where nobody tells who is inside, nobody could be
   * made to leave: it refuses them instead.
   */
  async #load(policy: Policy): Promise<Told> {
    const table = this.#tableOf(policy);
    this.#isCounting = isCounting();
    const obstacle = isForwarding() ? this.#deaf : NOT_FORWARDING;
    const told = await this.#rules.tell(obstacle === undefined ? table : shut(table));
    if (told.found !== undefined && told.found.length > 0) this.#events.altered(told.found);
    await this.#held.follow(table, this.#sessions, told.isWhole);
    this.#block(policy, told.failure?.message ?? obstacle);
    return told;
  }

  /** The same as long as the policy is: it is asked every few seconds, and what is made and thrown away would pile up. */
  #tableOf(policy: Policy): Table {
    if (this.#made?.policy !== policy) this.#made = { policy, table: tableOf(policy, this.#made?.table) };
    return this.#made.table;
  }

  /** `everywhere`: what stands in the way of every door. */
  #block(policy: Policy, everywhere: string | undefined): void {
    const before = new Map(this.#blocked.map((door) => [keyOf(door.endpoint), door]));
    this.#blocked = this.#blockedIn(policy, everywhere);
    const now = new Set(this.#blocked.map(({ endpoint }) => keyOf(endpoint)));
    for (const door of this.#blocked)
      if (before.get(keyOf(door.endpoint))?.cause !== door.cause) this.#events.blocked(door);
    for (const [key, door] of before) if (!now.has(key) && policy.doors.has(key)) this.#events.unblocked(door);
  }

  #blockedIn(policy: Policy, everywhere: string | undefined): readonly BlockedDoor[] {
    // Nearly always so; whoever waits for a change need not wait for thousands of doors to be looked at.
    if (everywhere === undefined && !this.#watch.hasDrops) return [];
    return [...policy.doors.values()].flatMap(({ endpoint, flow }) => {
      const cause = everywhere ?? this.#watch.dropsAt(flow.target);
      return cause === undefined ? [] : [{ flow: flow.id, endpoint, cause }];
    });
  }

  #sweep(): void {
    const now = { wall: this.#clock.wall(), monotonic: this.#clock.monotonic() };
    this.#sessions.sweep(now);
    if (this.#drain === undefined) return;
    if (now.monotonic >= this.#drain.deadline) this.#cutDrained();
    if (now.monotonic < this.#drain.patience) return;
    this.#sessions.endAll();
    this.#finishDrain();
  }

  async #tellAgain(): Promise<void> {
    await this.#oneAfterAnother(async () => {
      if (this.#policy !== undefined && this.#drain === undefined) await this.#load(this.#policy);
    });
  }

  async probe(flow: RelayedFlow, question?: ProbeQuestion): Promise<Probed> {
    const target = endpointKey(flow.target.address, flow.target.port);
    const isBusy = (): boolean => this.#drain !== undefined || this.#sessions.at(target).length > 0;
    if (isBusy()) return { outcome: "busy", duration: 0 };
    if (flow.sessions === undefined) return this.#probes.probe(flow, question);
    await this.#rules.taken.visit(flow.target);
    try {
      await this.#conntrack.caughtUp();
      return isBusy() ? { outcome: "busy", duration: 0 } : await this.#probes.probe(flow, question);
    } finally {
      await this.#rules.taken.release(flow.target);
    }
  }

  handOver(): HandedOver {
    throw new TypeError("the kernel engine hands over by its rules: --keep-rules");
  }

  takeOver(): TakenOver {
    throw new TypeError("the kernel engine takes over by its rules: --keep-rules");
  }

  async drain(limit: number): Promise<{ readonly cut: number }> {
    const deadline = this.#clock.monotonic() + limit;
    this.#drain ??= this.#startDrain(deadline);
    this.#drain.deadline = Math.min(this.#drain.deadline, deadline);
    const { done, shut: isShut } = this.#drain;
    await isShut;
    if (limit <= 0) this.#cutDrained();
    this.#finishDrain();
    const drained = await done.promise;
    await this.#close();
    return drained;
  }

  #startDrain(deadline: number): Drain {
    this.#probes.cut();
    const isKept = this.#settings.keepRules;
    const shutting = isKept || this.#policy === undefined ? undefined : shut(this.#tableOf(this.#policy));
    const shutDone = this.#oneAfterAnother(async () => {
      // Asked for before the table may be made anew, and not waited for: it is the doors that somebody waits for.
      this.#lastRefusals = this.#watch.tellRefusals();
      if (shutting !== undefined) await this.#rules.tell(shutting);
    });
    return { deadline, patience: Infinity, cut: 0, done: Promise.withResolvers(), shut: shutDone };
  }

  #cutDrained(): void {
    if (this.#drain === undefined || this.#settings.keepRules) return;
    this.#drain.deadline = Infinity;
    this.#drain.patience = this.#clock.monotonic() + PARTING;
    this.#drain.cut = Math.max(this.#drain.cut, this.#sessions.size);
    this.#sessions.cutAll("drained");
  }

  /** With rules that stay, so do the sessions: the next process finds them. */
  #finishDrain(): void {
    if (this.#drain === undefined) return;
    if (!this.#settings.keepRules && this.#sessions.size > 0) return;
    this.#drain.done.resolve({ cut: this.#drain.cut });
  }

  async #close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.#lastRefusals;
    if (this.#sessions.uncounted > 0) await this.#conntrack.resync();
    this.#sessions.close();
    this.#conntrack.close();
    this.#rules.close();
    if (!this.#settings.keepRules) await this.#rules.remove();
  }
}

function keyOf({ address, port }: Endpoint): number {
  return endpointKey(address, port);
}

interface Drain {
  /** On the monotonic clock: when those inside are cut, and when nobody waits any more to hear that they were. */
  deadline: number;
  patience: number;
  cut: number;
  readonly done: PromiseWithResolvers<{ readonly cut: number }>;
  /** Resolves once nobody new is let in. */
  readonly shut: Promise<void>;
}
