/**
 * The gateway: an engine that is told a policy, and what it has to tell in turn.
 *
 * The caller brings the policy, the clock, and somewhere for events and records to go.
 */
import type { Engine, Inherited } from "../engine/engine.ts";
import type { HandedOver, HandedSession, SessionOrder, SessionReport, TakenOver } from "../engine/handover.ts";
import { Kernel } from "../engine/kernel/kernel.ts";
import { LeftOver, type LeftOverOptions } from "../engine/kernel/left-over.ts";
import { LeftOverWatch } from "../engine/kernel/left-over-watch.ts";
import type { Applied, BlockedDoor, InsideSession, Probed } from "../engine/records.ts";
import { Relay } from "../engine/relay/relay.ts";
import type { CounterValues } from "../observe/counters.ts";
import { readyEvent } from "../observe/events.ts";
import type { Live } from "../observe/live.ts";
import { LoopDelay } from "../observe/loop-delay.ts";
import type { Observed } from "../observe/observed.ts";
import { pairFlows } from "../policy/compare-flows.ts";
import type { Policy, RelayedFlow } from "../policy/policy.ts";
import type { HealthBook } from "../probe/health.ts";
import { IDENTIFICATION } from "../probe/identification.ts";
import { Shield, type ShieldCondition, type ShieldOptions } from "../shield/shield.ts";
import { Telling, type TellingOptions } from "./telling.ts";

export interface GatewayOptions extends TellingOptions {
  /** Sockets that listen already. */
  readonly inherited?: Inherited;
  /** No door opens before `takeOver`. */
  readonly standby?: boolean;
  readonly shield?: Pick<ShieldOptions, "nft" | "mark">;
  /** With the kernel engine: doors and sessions stay when the gateway stops. */
  readonly keepRules?: boolean;
  /** What tells of a table of the kernel engine that stands before the relay's doors; absent: nobody looks. */
  readonly table?: Omit<LeftOverOptions, "clock">;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #telling: Telling;
  readonly #shield: Shield;
  readonly #leftOver: LeftOver | undefined;
  readonly #leftOverWatch: LeftOverWatch | undefined;
  readonly #loopDelay: LoopDelay;
  readonly #stopTelling: () => void;
  /** Until the first policy says otherwise, the relay. */
  #engine: Engine;
  #isKernel = false;
  #stopping = false;
  #standby: boolean;
  #policy: Policy | undefined;
  #takenOver: TakenOver | undefined;
  /** Another process decides, and looks. */
  #hasLeft = false;

  constructor(options: GatewayOptions) {
    const { clock, shield, table, inherited, standby = false } = options;
    this.#options = options;
    this.#standby = standby;
    this.#loopDelay = new LoopDelay(clock);
    const telling = new Telling(options);
    this.#telling = telling;
    this.#engine = new Relay({ clock, events: telling, standby, ...(inherited === undefined ? {} : { inherited }) });
    this.#shield = new Shield({
      ...shield,
      clock,
      refused: (row) => telling.shielded(row, this.#policy),
      told: (condition) => telling.shield(condition),
    });
    this.#stopTelling = clock.every(telling.refusals.beat, () => this.#tellRefusalsDue());
    this.#leftOver = table === undefined ? undefined : new LeftOver({ ...table, clock });
    this.#leftOverWatch = this.#leftOver === undefined ? undefined : this.#watchFor(this.#leftOver);
  }

  #watchFor(leftOver: LeftOver): LeftOverWatch {
    return new LeftOverWatch({
      ...{ clock: this.#options.clock, leftOver, events: this.#telling },
      policy: () => this.#policy,
      isServing: () => !this.#isKernel && !this.#standby && !this.#hasLeft,
    });
  }

  #tellRefusalsDue(): void {
    const { refusals } = this.#telling;
    if (this.shield.state === "off") refusals.tellDue();
    else void this.#shield.look().then(() => refusals.tellDue());
  }

  /** What goes on, for whoever follows or looks. */
  get live(): Live {
    return this.#telling.live;
  }

  /** What sessions and probes have told of the terminals. */
  get health(): HealthBook {
    return this.#telling.health;
  }

  /** How it is with the kernel's part in refusing. */
  get shield(): ShieldCondition {
    return this.#shield.condition;
  }

  /** All sessions open now, those included that the process before this one carries. */
  async openSessions(): Promise<readonly InsideSession[]> {
    await this.#takenOver?.refresh();
    return this.#engine.openSessions;
  }

  get sessions(): number {
    return this.#engine.sessions;
  }

  /** How many of them the process before this one carries. */
  get sessionsElsewhere(): number {
    return this.#takenOver?.size ?? 0;
  }

  /** How many were let in and how many refused since this process began. */
  get counts(): { readonly sessions: number; readonly refusals: number } {
    const { ended, refused } = this.#telling.sums;
    return { sessions: ended + this.#engine.sessions, refusals: refused };
  }

  /** Has whoever follows or looks know of the last refusals, too. */
  flushRefusals(): void {
    this.#telling.refusals.flush();
  }

  /** Since the gateway began, whichever of its processes counted. */
  get counters(): CounterValues {
    return this.#telling.counters.values;
  }

  /** For metrics. All of one instant: a session that was both open and counted would be there twice. */
  async observed(): Promise<Pick<Observed, "sessions" | "blocked" | "counters" | "loopDelay" | "shield">> {
    const sessions = await this.openSessions();
    const { blocked, counters, shield } = this;
    return { sessions, blocked, counters, loopDelay: this.#loopDelay.values, shield: shield.state };
  }

  get blocked(): readonly BlockedDoor[] {
    const { blocked } = this.#engine;
    return this.#leftOverWatch?.joinedTo(blocked) ?? blocked;
  }

  /**
   * Before the first policy is applied. Throws `table-left-over` where the relay's doors would stand behind a table of the
   * kernel engine, which lets in whom it let in.
   */
  async mayServe(policy: Policy): Promise<void> {
    if (policy.kernel === undefined) await this.#leftOver?.judge(policy);
  }

  /** Opens a policy's doors, unless it stands by. Resolves once each is open or known to be blocked. */
  async apply(policy: Policy): Promise<Applied> {
    const before = this.#policy;
    const isFirst = before === undefined;
    this.#policy = policy;
    if (isFirst) this.#choose(policy);
    else this.#forgetHealth(before, policy);
    if (this.#stopping || this.#standby) return this.#ready(await this.#engine.apply(policy));
    await this.#shield.widen(policy);
    const applied = await this.#engine.apply(policy);
    await this.#shield.narrow();
    // Who waits for this change need not wait for nft, too; and before the first one it was asked.
    if (!isFirst) this.#leftOverWatch?.look();
    return this.#ready(applied);
  }

  /** Works out what `apply` of this policy would need. Nothing takes effect. */
  rehearse(policy: Policy): void {
    this.#engine.rehearse?.(policy);
  }

  /** Of flows that are gone. */
  #forgetHealth(before: Policy, after: Policy): void {
    for (const pair of pairFlows(before, after)) {
      if (pair.before !== undefined && pair.before.id !== pair.after?.id) this.health.forget(pair.before.id);
    }
  }

  /** The first policy says which engine carries; another's word for it holds from the next start. */
  #choose({ kernel }: Policy): void {
    if (kernel === undefined) return;
    const { clock, keepRules = false, table } = this.#options;
    const settings = { source: kernel.source, keepRules };
    this.#engine = new Kernel({ clock, events: this.#telling, settings, mark: table?.mark });
    this.#isKernel = true;
  }

  /** Whether another process may take over: the kernel's doors are no process's, and stay open by themselves. */
  get canHandOver(): boolean {
    return !this.#isKernel;
  }

  /** Looks whether a terminal can be reached, as its flow allows; never beside a session. Takes note of what it finds. */
  async probe(flow: RelayedFlow): Promise<Probed> {
    const probed = await this.#engine.probe(flow, flow.probe === "identify" ? IDENTIFICATION : undefined);
    this.health.probed(flow.id, probed, this.#options.clock.wall());
    return probed;
  }

  #ready(applied: Applied): Applied {
    const { blocked } = this;
    const open = applied.open - (blocked.length - applied.blocked.length);
    const flows = this.#policy?.flows.length ?? 0;
    if (!this.#stopping && !this.#standby) this.#options.tell(readyEvent({ open, blocked }, flows));
    return applied;
  }

  /** Before a hand-over: the kernel's refusals are told once more; shield and looking are the other process's from then on. */
  leaveShield(): Promise<void> {
    this.#hasLeft = true;
    return this.#shield.leave();
  }

  /** That process did not take up its work. */
  comeBackToShield(): Promise<void> {
    this.#hasLeft = false;
    return this.#shield.comeBack();
  }

  /** Lets another process of this gateway decide from here on; it is told what happens. */
  handOver(report: (report: SessionReport) => void): HandedOver {
    this.#telling.refusals.tell();
    return this.#engine.handOver(report);
  }

  /** Decides about sessions that another process carries, as about its own, and counts on from what it had counted. */
  takeOver(
    { sessions, counters }: { readonly sessions: readonly HandedSession[]; readonly counters?: CounterValues },
    order: (order: SessionOrder) => void,
  ): TakenOver {
    this.#standby = false;
    if (counters !== undefined) this.#telling.counters.goOnFrom(counters);
    const taken = this.#engine.takeOver(sessions, order);
    this.#takenOver = taken;
    return Object.assign(taken, { opened: taken.opened.then((applied) => this.#opened(applied)) });
  }

  async #opened(applied: Applied): Promise<Applied> {
    if (this.#policy !== undefined && !this.#stopping) await this.#shield.widen(this.#policy);
    this.#leftOverWatch?.look();
    return this.#ready(applied);
  }

  /**
   * Closes every door, waits at most `limit` milliseconds for the sessions inside, cuts the rest. Calling it again with
   * a shorter limit shortens the wait.
   */
  async stop(limit: number): Promise<{ readonly cut: number }> {
    this.#stopping = true;
    this.#leftOverWatch?.stop();
    this.#options.tell({ event: "stopping", sessions: this.#engine.sessions, within: limit });
    const draining = this.#engine.drain(limit);
    await this.#shield.lower();
    const drained = await draining;
    this.#stopTelling();
    this.#loopDelay.stop();
    this.#telling.refusals.tell();
    return drained;
  }
}
