/**
 * The gateway: an engine that is told a policy, and what it has to tell in turn.
 *
 * The caller brings the policy, the clock, and somewhere for events and records to go.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Clock, Engine, EngineEvents, Inherited } from "./engine/engine.ts";
import type { Applied, BlockedDoor, InsideSession, Probed } from "./engine/records.ts";
import type { HandedOver, HandedSession, SessionOrder, SessionReport, TakenOver } from "./engine/handover.ts";
import { Kernel } from "./engine/kernel/kernel.ts";
import { LeftOver, type LeftOverOptions } from "./engine/kernel/left-over.ts";
import { Relay } from "./engine/relay/relay.ts";
import type { Endpoint } from "./inventory/model.ts";
import type { Journal } from "./journal/journal.ts";
import {
  type GatewayEvent,
  doorEvent,
  readyEvent,
  refusedEvent,
  sessionEvent,
  unclaimedEvent,
} from "./observe/events.ts";
import { type CounterValues, Counters } from "./observe/counters.ts";
import { Live } from "./observe/live.ts";
import { LoopDelay } from "./observe/loop-delay.ts";
import type { Observed } from "./observe/observed.ts";
import { RefusalBurst } from "./observe/refusal-burst.ts";
import { RefusalPace } from "./observe/refusal-pace.ts";
import { RefusalTally } from "./observe/refusals.ts";
import type { HealthEvent } from "./observe/stream-events.ts";
import { type Policy, type RelayedFlow, endpointKey } from "./policy/policy.ts";
import { type Health, HealthBook } from "./probe/health.ts";
import { IDENTIFICATION } from "./probe/identification.ts";
import type { Refused } from "./shield/refused.ts";
import { Shield, type ShieldCondition, type ShieldOptions } from "./shield/shield.ts";

/** How often refusals are told while they go on, in milliseconds. */
const REFUSAL_PERIOD = 10_000;
/** How often the relay looks whether a table of the kernel engine stands before its doors, in milliseconds. */
const TABLE_PERIOD = 30_000;

export interface GatewayOptions {
  readonly clock: Clock;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** Keeps what has happened; must neither throw nor wait. */
  readonly keep?: Pick<Journal, "session" | "refused">;
  /** How often refusals are told while they go on, in milliseconds; default 10,000. */
  readonly refusalPeriod?: number;
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
  /** What goes on, for whoever follows or looks. */
  readonly live: Live;
  /** What sessions and probes have told of the terminals. */
  readonly health: HealthBook;
  readonly #clock: Clock;
  readonly #tell: (event: GatewayEvent) => void;
  readonly #events: EngineEvents;
  readonly #keepRules: boolean;
  readonly #table: GatewayOptions["table"];
  readonly #leftOver: LeftOver | undefined;
  /** Until the first policy says otherwise, the relay. */
  #engine: Engine;
  #isKernel = false;
  #isChosen = false;
  readonly #refusals = new RefusalTally();
  readonly #burst: RefusalBurst;
  readonly #counters = new Counters();
  readonly #loopDelay: LoopDelay;
  readonly #refusalPace: RefusalPace;
  readonly #tellRefusals: () => void;
  readonly #stopTelling: () => void;
  readonly #stopLooking: () => void;
  readonly #shield: Shield;
  #ended = 0;
  #refused = 0;
  #stopping = false;
  #standby: boolean;
  #policy: Policy | undefined;
  #takenOver: TakenOver | undefined;
  /** Doors that a table of the kernel engine stands before. */
  #behind: readonly BlockedDoor[] = [];
  #looking: Promise<void> = Promise.resolve();
  /** Another process decides, and looks. */
  #hasLeft = false;

  constructor(options: GatewayOptions) {
    const { clock, tell, keep, refusalPeriod = REFUSAL_PERIOD, keepRules = false, shield, table, ...relay } = options;
    this.#clock = clock;
    this.#tell = tell;
    this.#standby = relay.standby === true;
    this.#loopDelay = new LoopDelay(clock);
    const live = new Live(clock);
    this.live = live;
    this.health = new HealthBook((flow, health) => live.health(turned(flow, health)));
    this.#burst = new RefusalBurst(clock, (rows) => {
      for (const row of rows) this.#refusals.add(row);
      live.refused(rows);
    });
    this.#refusalPace = new RefusalPace(refusalPeriod);
    this.#tellRefusals = () => {
      this.#burst.flush();
      const rows = this.#refusals.take();
      for (const row of rows) tell(refusedEvent(row));
      if (rows.length > 0) keep?.refused(rows, clock.wall());
      this.#refusalPace.told(rows.length, clock.monotonic());
    };
    this.#keepRules = keepRules;
    this.#table = table;
    this.#leftOver = table === undefined ? undefined : new LeftOver({ ...table, clock });
    this.#events = {
      began: (session) => live.sessionBegan(session),
      ended: (record, session) => {
        this.#ended += 1;
        this.#counters.ended(record);
        tell(sessionEvent(record));
        keep?.session(record);
        live.sessionEnded(record, session);
        this.health.session(record);
      },
      leftLine: (record, session) => live.sessionEnded(record, session),
      refused: (refusal, count = 1) => {
        this.#refused += count;
        this.#counters.refused(refusal, count);
        this.#burst.add(count === 1 ? refusal : { ...refusal, count });
      },
      blocked: (door) => {
        tell(doorEvent("blocked", door));
        live.door(door, "blocked");
      },
      unblocked: (door) => {
        tell(doorEvent("unblocked", door));
        live.door(door, "open");
      },
      unclaimed: (endpoint) => tell(unclaimedEvent(endpoint)),
    };
    this.#engine = new Relay({ ...relay, clock, events: this.#events });
    this.#shield = new Shield({
      ...shield,
      clock,
      refused: (row) => this.#shielded(row),
      told: (condition) => {
        tell(shieldEvent(condition));
        live.shield(condition.state);
      },
    });
    const tellDue = (): void => {
      if (this.#refusalPace.isDue(clock.monotonic())) this.#tellRefusals();
    };
    this.#stopTelling = clock.every(this.#refusalPace.shortest, () => {
      if (this.shield.state === "off") tellDue();
      else void this.#shield.look().then(tellDue);
    });
    this.#stopLooking = table === undefined ? () => undefined : clock.every(TABLE_PERIOD, () => this.#lookForTable());
  }

  #shielded({ from, count }: Refused): void {
    const refusal = { flow: this.#flowAt(from?.endpoint), source: from?.source, ...SHIELDED };
    this.#refused += count;
    this.#counters.refused(refusal, count);
    this.#burst.add({ ...refusal, count });
  }

  /** A door on 0.0.0.0 is one on every address. */
  #flowAt(endpoint: Endpoint | undefined): string | undefined {
    if (endpoint === undefined) return undefined;
    const doors = this.#policy?.doors;
    const keys = [endpoint.address, 0 as Ipv4].map((address) => endpointKey(address, endpoint.port));
    return keys.map((key) => doors?.get(key)?.flow.id).find((id) => id !== undefined);
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
    return { sessions: this.#ended + this.#engine.sessions, refusals: this.#refused };
  }

  /** Has whoever follows or looks know of the last refusals, too. */
  flushRefusals(): void {
    this.#burst.flush();
  }

  /** Since the gateway began, whichever of its processes counted. */
  get counters(): CounterValues {
    return this.#counters.values;
  }

  /** For metrics. All of one instant: a session that was both open and counted would be there twice. */
  async observed(): Promise<Pick<Observed, "sessions" | "blocked" | "counters" | "loopDelay" | "shield">> {
    const sessions = await this.openSessions();
    const { blocked, counters, shield } = this;
    return { sessions, blocked, counters, loopDelay: this.#loopDelay.values, shield: shield.state };
  }

  get blocked(): readonly BlockedDoor[] {
    const blocked = this.#engine.blocked;
    if (this.#behind.length === 0) return blocked;
    const known = new Set(blocked.map(keyOf));
    return [...blocked, ...this.#behind.filter((door) => !known.has(keyOf(door)) && this.#has(door))];
  }

  #has(door: BlockedDoor): boolean {
    return this.#policy?.doors.has(keyOf(door)) === true;
  }

  /**
   * Before the first policy is applied. Throws `table-left-over` where the relay's doors would stand behind a table of the
   * kernel engine, which lets in whom it let in.
   */
  async mayServe(policy: Policy): Promise<void> {
    if (policy.kernel === undefined) await this.#leftOver?.judge(policy);
  }

  /** The same while it serves: such doors are told as blocked. */
  #lookForTable(): void {
    const [leftOver, policy] = [this.#leftOver, this.#policy];
    if (leftOver === undefined || policy === undefined || this.#isKernel || this.#standby || this.#hasLeft) return;
    this.#looking = this.#looking.then(async () => {
      const behind = await leftOver.doorsBehind(policy);
      if (behind !== undefined && !this.#stopping) this.#tellBehind(behind);
    });
  }

  #tellBehind(behind: readonly BlockedDoor[]): void {
    const [before, now] = [this.#behind, behind].map((doors) => new Set(doors.map(keyOf)));
    const gone = this.#behind.filter((door) => now?.has(keyOf(door)) !== true && this.#has(door));
    this.#behind = behind;
    for (const door of behind) if (before?.has(keyOf(door)) !== true) this.#events.blocked(door);
    for (const door of gone) this.#events.unblocked(door);
  }

  /** Opens a policy's doors, unless it stands by. Resolves once each is open or known to be blocked. */
  async apply(policy: Policy): Promise<Applied> {
    const isFirst = this.#policy === undefined;
    this.#policy = policy;
    const ids = new Set(policy.flows.map(({ id }) => id));
    this.health.keep((flow) => ids.has(flow));
    this.#choose(policy);
    if (this.#stopping || this.#standby) return this.#ready(await this.#engine.apply(policy));
    await this.#shield.widen(policy);
    const applied = await this.#engine.apply(policy);
    await this.#shield.narrow();
    // Who waits for this change need not wait for nft, too; and before the first one it was asked.
    if (!isFirst) this.#lookForTable();
    return this.#ready(applied);
  }

  /** The first policy says which engine carries; another's word for it holds from the next start. */
  #choose({ kernel }: Policy): void {
    const isFirst = !this.#isChosen;
    this.#isChosen = true;
    if (!isFirst || kernel === undefined) return;
    const settings = { source: kernel.source, keepRules: this.#keepRules };
    this.#engine = new Kernel({ clock: this.#clock, events: this.#events, settings, mark: this.#table?.mark });
    this.#isKernel = true;
  }

  /** Whether another process may take over: the kernel's doors are no process's, and stay open by themselves. */
  get canHandOver(): boolean {
    return !this.#isKernel;
  }

  /** Looks whether a terminal can be reached, as its flow allows; never beside a session. Takes note of what it finds. */
  async probe(flow: RelayedFlow): Promise<Probed> {
    const probed = await this.#engine.probe(flow, flow.probe === "identify" ? IDENTIFICATION : undefined);
    this.health.probed(flow.id, probed, this.#clock.wall());
    return probed;
  }

  #ready(applied: Applied): Applied {
    const { blocked } = this;
    const open = applied.open - (blocked.length - applied.blocked.length);
    if (!this.#stopping && !this.#standby) this.#tell(readyEvent({ open, blocked }, this.#policy?.flows.length ?? 0));
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
    this.#tellRefusals();
    return this.#engine.handOver(report);
  }

  /** Decides about sessions that another process carries, as about its own, and counts on from what it had counted. */
  takeOver(
    { sessions, counters }: { readonly sessions: readonly HandedSession[]; readonly counters?: CounterValues },
    order: (order: SessionOrder) => void,
  ): TakenOver {
    this.#standby = false;
    if (counters !== undefined) this.#counters.goOnFrom(counters);
    const taken = this.#engine.takeOver(sessions, order);
    this.#takenOver = taken;
    return Object.assign(taken, { opened: taken.opened.then((applied) => this.#opened(applied)) });
  }

  async #opened(applied: Applied): Promise<Applied> {
    if (this.#policy !== undefined && !this.#stopping) await this.#shield.widen(this.#policy);
    this.#lookForTable();
    return this.#ready(applied);
  }

  /**
   * Closes every door, waits at most `limit` milliseconds for the sessions inside, cuts the rest. Calling it again with
   * a shorter limit shortens the wait.
   */
  async stop(limit: number): Promise<{ readonly cut: number }> {
    this.#stopping = true;
    this.#tell({ event: "stopping", sessions: this.#engine.sessions, within: limit });
    const draining = this.#engine.drain(limit);
    await this.#shield.lower();
    const drained = await draining;
    this.#stopTelling();
    this.#stopLooking();
    this.#loopDelay.stop();
    this.#tellRefusals();
    return drained;
  }
}

const SHIELDED = { outcome: "denied", reason: "shielded" } as const;

function shieldEvent(condition: ShieldCondition): GatewayEvent {
  if ("message" in condition) return { event: "shield", ...condition };
  const answer = condition.state === "up" ? `; strangers get ${WORDS[condition.answer]} from the kernel` : "";
  return { event: "shield", state: condition.state, message: `The shield is ${condition.state}${answer}` };
}

const WORDS = { reset: "RST", drop: "no answer" } as const;

function keyOf({ endpoint: { address, port } }: BlockedDoor): number {
  return endpointKey(address, port);
}

function turned(flow: string, { state, since, cause }: Health): HealthEvent {
  return { flow, state, since, ...(cause === undefined ? {} : { cause }) };
}
