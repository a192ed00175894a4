/**
 * The relay engine: accepts, decides, dials and carries, in this process.
 *
 * Decides before it dials: a refused peer gets RST, and no terminal ever hears of it. Keeps the limits per terminal, per
 * source, overall and of the process. Where a flow has balancers, the source is whom they name. Judges those inside again
 * when the policy changes or a grant ends. What one connection goes through from there on is the session's.
 *
 * Fair under a flood without machinery of its own, as `test/relay/flood.test.ts` shows: libuv accepts one connection of a
 * door in a turn of the loop (libuv pull request 3696), so a crowd at one door does not hold up the next; at the same door
 * the system keeps the order of arrival; `perSource` bounds what one source may hold, and a refusal costs about 50
 * microseconds and keeps nothing. What is left is a source that takes the loop's whole time: that is the shield's business.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Limits } from "../../inventory/model.ts";
import { judge, judgeInside, judgeWay } from "../../policy/decide.ts";
import { type Policy, type RelayedFlow, endpointKey } from "../../policy/policy.ts";
import type { Clock, Engine, EngineEvents, Inherited, ProbeQuestion } from "../engine.ts";
import type { Applied, BlockedDoor, InsideSession, Probed, Refusal, RoomReason, SessionRecord } from "../records.ts";
import type { HandedOver, HandedSession, SessionOrder, SessionReport, TakenOver } from "../handover.ts";
import { descriptorLimit, sessionCeiling } from "./ceiling.ts";
import { Doors } from "./doors.ts";
import type { GovernedSession } from "./governed.ts";
import { HandedOverSessions, type NumberedRecord } from "./handed-over.ts";
import { Places } from "./places.ts";
import { Probes } from "./probes.ts";
import { Reception } from "./reception.ts";
import { type RemoteHost, RemoteSessions } from "./remote-sessions.ts";
import { Session, type SessionHost } from "./session.ts";

/** A wait for a session that is closing is never longer than this, whatever the connect limit, in milliseconds. */
const LONGEST_WAIT = 5_000;

/** Bounds of the sweep's period, in milliseconds: a quarter of the least limit in between. */
const SHORTEST_SWEEP = 10;
const LONGEST_SWEEP = 250;

export interface RelayOptions {
  readonly clock: Clock;
  readonly events: EngineEvents;
  /** Open descriptors this process may have; default: what the system says. */
  readonly descriptors?: number;
  /** Sockets that listen already. */
  readonly inherited?: Inherited;
  /** No door opens before `takeOver`: who is inside already is not known yet. */
  readonly standby?: boolean;
}

export class Relay implements Engine {
  readonly #clock: Clock;
  readonly #events: EngineEvents;
  readonly #descriptors: number;
  readonly #host: SessionHost & RemoteHost;
  readonly #doors: Doors;
  /** Each with its number; 0: it has not begun. */
  readonly #sessions = new Map<GovernedSession, number>();
  #lastNumber = 0;
  readonly #reception: Reception;
  readonly #perSource = new Map<Ipv4, number>();
  readonly #places = new Places();
  readonly #probes: Probes;
  #policy: Policy | undefined;
  #applying: Promise<unknown> = Promise.resolve();
  #ceiling = 0;
  #sweepPeriod = 0;
  #stopSweep: (() => void) | undefined;
  #drain: Drain | undefined;
  #standby: boolean;
  /** Those carried by the process before this one. */
  #remote: RemoteSessions | undefined;
  /** Set where another process decides about the sessions left here. */
  #handedOver: HandedOverSessions | undefined;

  constructor(options: RelayOptions) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#descriptors = options.descriptors ?? descriptorLimit();
    this.#standby = options.standby ?? false;
    this.#reception = new Reception({
      clock: options.clock,
      policy: () => this.#policy,
      noRoomFor: (source) => this.#noRoomFor(source),
      count: (source, change) => this.#count(source, change),
      admitted: (socket, admission, said) => {
        const session = new Session(this.#host, socket, admission, said);
        this.#enter(session);
        this.#settle(session);
        this.#begin(session);
      },
      refused: (refusal) => this.#refused(refusal),
      // Whoever it brings enters first, in the same turn.
      left: () => queueMicrotask(() => this.#finishDrain()),
    });
    this.#probes = new Probes({
      places: this.#places,
      monotonic: options.clock.monotonic,
      patience: () => this.#limits.connect,
    });
    const accept = this.#reception.accept.bind(this.#reception);
    this.#doors = new Doors({ ...options, accept, inherited: options.inherited ?? new Map() });
    this.#host = {
      limits: () => this.#limits,
      monotonic: options.clock.monotonic,
      closing: (session) => this.#handedOver?.closing(session),
      vacated: (session) => this.#vacate(session),
      over: (session, record) => this.#over(session, record),
      turnedAway: ({ source, right: { door } }) => {
        // Who decided it has counted it.
        if (this.#handedOver !== undefined) return;
        const { flow, endpoint } = door;
        this.#events.refused({ flow: flow.id, endpoint, source, outcome: "busy", reason: "terminal" });
      },
      came: (session) => {
        this.#enter(session);
        this.#judgeAgain(session, "revoked");
        this.#settle(session);
        this.#begin(session);
      },
      refused: (refusal) => this.#refused(refusal),
    };
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get openSessions(): readonly InsideSession[] {
    return Array.from(this.#sessions, ([session, number]) => ({ ...session.snapshot(), session: number }));
  }

  get blocked(): readonly BlockedDoor[] {
    return this.#doors.blocked;
  }

  apply(policy: Policy): Promise<Applied> {
    const applied = this.#applying.then(() => this.#applyNow(policy));
    this.#applying = applied;
    return applied;
  }

  /** Not where another process decides, or will, who has a place. */
  probe(flow: RelayedFlow, question?: ProbeQuestion): Promise<Probed> {
    const isOurs = !this.#standby && this.#handedOver === undefined && !this.#isStopping();
    return isOurs ? this.#probes.probe(flow, question) : Promise.resolve({ outcome: "busy", duration: 0 });
  }

  async #applyNow(policy: Policy): Promise<Applied> {
    if (this.#isStopping()) return { open: 0, blocked: [] };
    this.#policy = policy;
    this.#ceiling = sessionCeiling(this.#descriptors, policy.doors.size);
    this.#startSweep(policy.limits);
    // The rules first, for everyone who comes and everyone inside; then the doors, new ones before old ones go.
    this.#places.limitBy(policy);
    for (const session of this.#sessions.keys()) this.#judgeAgain(session, "revoked");
    this.#reception.judgeAgain();
    if (!this.#standby) await this.#doors.apply(policy);
    return { open: this.#doors.size, blocked: this.#doors.blocked };
  }

  #noRoomFor(source: Ipv4): RoomReason | undefined {
    const inside = this.#sessions.size + this.#reception.size;
    if (inside >= this.#limits.sessions) return "sessions";
    if (inside - (this.#remote?.size ?? 0) >= this.#ceiling) return "descriptors";
    if ((this.#perSource.get(source) ?? 0) >= this.#limits.perSource) return "source";
    return undefined;
  }

  /** Gives it a place, or has another process do so. */
  #settle(session: GovernedSession): void {
    if (this.#handedOver === undefined) this.#places.place(session, this.#clock.monotonic());
    else this.#handedOver.came(session);
  }

  #enter(session: GovernedSession): void {
    this.#sessions.set(session, 0);
    this.#count(session.source, 1);
  }

  /** Tells of it, unless it was turned away as it came, or another process decides about it and tells. */
  #begin(session: GovernedSession): void {
    if (session.isTurnedAway || this.#handedOver !== undefined) return;
    this.#lastNumber += 1;
    this.#sessions.set(session, this.#lastNumber);
    this.#events.began({ ...session.snapshot(), session: this.#lastNumber });
  }

  #refused(refusal: Refusal): void {
    if (this.#handedOver === undefined) this.#events.refused(refusal);
    else this.#handedOver.refused(refusal);
  }

  /** Asks again whether a session may be inside: by the policy in force, at the present hour. */
  #judgeAgain(session: GovernedSession, outcome: "revoked" | "expired"): void {
    const old = session.right.door;
    const door = this.#policy?.doors.get(endpointKey(old.endpoint.address, old.endpoint.port));
    const leadsElsewhere =
      door?.flow.target.address !== old.flow.target.address || door.flow.target.port !== old.flow.target.port;
    if (door === undefined || leadsElsewhere) {
      session.revoke("revoked", old.flow.onRevoke);
      return;
    }
    // Who waits in line is not inside yet: a flow that drains lets nobody new in.
    const judgeRight = session.place === "wanted" ? judge : judgeInside;
    const verdict = judgeWay(door.flow, session.balancer) ?? judgeRight(door.flow, session.source, this.#clock.wall());
    if (verdict.permit) session.confirm({ door, permit: verdict });
    else session.revoke(verdict.reason === "expired" ? "expired" : outcome, door.flow.onRevoke);
  }

  #over(session: GovernedSession, record: SessionRecord): void {
    const number = this.#sessions.get(session) ?? 0;
    this.#forget(session);
    if (this.#handedOver !== undefined) this.#handedOver.over(session, { record, number });
    else this.#ended({ record, number });
    this.#finishDrain();
  }

  /** One who found no place was refused, and has been told of as such. */
  #ended({ record, number }: NumberedRecord): void {
    if (record.outcome !== "busy") this.#events.ended(record, number);
    else if (number > 0) this.#events.leftLine(record, number);
  }

  #vacate(session: GovernedSession): void {
    if (this.#handedOver === undefined) this.#places.vacate(session);
    else this.#handedOver.vacated(session);
  }

  #forget(session: GovernedSession): void {
    this.#vacate(session);
    this.#sessions.delete(session);
    this.#count(session.source, -1);
  }

  #count(source: Ipv4, change: 1 | -1): void {
    const count = (this.#perSource.get(source) ?? 0) + change;
    if (count === 0) this.#perSource.delete(source);
    else this.#perSource.set(source, count);
  }

  #startSweep({ connect, idle, halfClosed, stalled, drain }: Limits): void {
    const period = Math.min(
      LONGEST_SWEEP,
      Math.max(SHORTEST_SWEEP, Math.min(connect, idle, halfClosed, stalled, drain) / 4),
    );
    // Left alone where it stays the same: changes that follow each other quickly must not put it off for ever.
    if (period === this.#sweepPeriod) return;
    this.#sweepPeriod = period;
    this.#stopSweep?.();
    this.#stopSweep = this.#clock.every(period, () => this.#sweep());
  }

  /** One timer for every limit of every session, instead of several for each. */
  #sweep(): void {
    const now = this.#clock.monotonic();
    if (this.#handedOver === undefined) this.#sweepRights(now);
    for (const session of this.#sessions.keys()) session.sweep(now);
    this.#reception.sweep(now);
    if (this.#drain !== undefined && now >= this.#drain.deadline) this.#cutDrained();
    void this.#doors.retry();
  }

  #sweepRights(now: number): void {
    const wall = this.#clock.wall();
    for (const session of this.#sessions.keys()) {
      const { until } = session.right.permit.grant;
      if (until !== undefined && wall >= until) this.#judgeAgain(session, "expired");
    }
    this.#places.sweep(now, Math.min(LONGEST_WAIT, this.#limits.connect));
  }

  handOver(report: (report: SessionReport) => void): HandedOver {
    this.#probes.cut();
    const left = new HandedOverSessions(this.#sessions.keys(), report);
    this.#handedOver = left;
    const drain = newDrain(Infinity);
    return {
      sessions: left.sessions,
      close: () => {
        this.#doors.closeAll();
        left.close();
        // Told to stop in the meantime: then that drain is the one to wait for.
        if (this.#drain !== undefined) void this.#drain.done.promise.then(drain.done.resolve);
        this.#drain ??= drain;
        this.#drain.deadline = Math.min(drain.deadline, this.#clock.monotonic() + this.#limits.drain);
        this.#finishDrain();
      },
      obey: (order) => {
        if (order.what !== "tell") left.obey(order);
        else void (this.#remote?.refresh() ?? Promise.resolve()).then(() => left.tell());
      },
      finished: drain.done.promise,
      alone: () => this.#alone(),
      resume: () => this.#resume(),
    };
  }

  takeOver(handed: readonly HandedSession[], order: (order: SessionOrder) => void): TakenOver {
    const remote = new RemoteSessions(this.#host, order);
    this.#remote = remote;
    this.#standby = false;
    for (const one of handed) this.#enter(remote.add(one));
    for (const session of this.#sessions.keys()) this.#judgeAgain(session, "revoked");
    this.#places.rewrite(this.#sessions.keys(), this.#clock.monotonic());
    for (const session of this.#sessions.keys()) this.#begin(session);
    const opened = this.apply(this.#policyInForce);
    return Object.assign(remote, { opened });
  }

  #alone(): void {
    if (this.#handedOver === undefined) return;
    this.#handedOver = undefined;
    this.#reception.cut();
    for (const session of this.#sessions.keys()) if (session.place === "wanted") session.cut("drained");
    for (const session of this.#sessions.keys()) this.#judgeAgain(session, "revoked");
    this.#places.rewrite(this.#sessions.keys(), this.#clock.monotonic());
  }

  #resume(): void {
    const { records, refusals } = this.#handedOver?.unheard ?? { records: [], refusals: [] };
    this.#handedOver = undefined;
    // What was reported to a process that never took up its work was told to nobody.
    for (const record of records) this.#ended(record);
    for (const refusal of refusals) this.#events.refused(refusal);
    for (const session of this.#sessions.keys()) this.#judgeAgain(session, "revoked");
    this.#places.rewrite(this.#sessions.keys(), this.#clock.monotonic());
    for (const [session, number] of this.#sessions) if (number === 0) this.#begin(session);
  }

  drain(limit: number): Promise<{ readonly cut: number }> {
    const deadline = this.#clock.monotonic() + limit;
    this.#drain ??= this.#startDrain(deadline);
    this.#drain.deadline = Math.min(this.#drain.deadline, deadline);
    if (limit <= 0) this.#cutDrained();
    this.#finishDrain();
    return this.#drain.done.promise;
  }

  #startDrain(deadline: number): Drain {
    this.#probes.cut();
    this.#doors.closeAll();
    this.#reception.cut();
    for (const session of this.#sessions.keys()) if (session.place === "wanted") session.cut("drained");
    return newDrain(deadline);
  }

  #cutDrained(): void {
    if (this.#drain === undefined) return;
    this.#drain.deadline = Infinity;
    this.#drain.cut = Math.max(this.#drain.cut, this.#sessions.size);
    for (const session of this.#sessions.keys()) session.cut("drained");
  }

  #finishDrain(): void {
    if (this.#drain === undefined || this.#sessions.size + this.#reception.size > 0) return;
    this.#stopSweep?.();
    this.#drain.done.resolve({ cut: this.#drain.cut });
  }

  #isStopping(): boolean {
    return this.#drain !== undefined;
  }

  get #limits(): Limits {
    return this.#policyInForce.limits;
  }

  get #policyInForce(): Policy {
    if (this.#policy === undefined) throw new TypeError("the relay has no policy yet");
    return this.#policy;
  }
}

interface Drain {
  /** On the monotonic clock. */
  deadline: number;
  cut: number;
  readonly done: PromiseWithResolvers<{ readonly cut: number }>;
}

function newDrain(deadline: number): Drain {
  return { deadline, cut: 0, done: Promise.withResolvers() };
}
