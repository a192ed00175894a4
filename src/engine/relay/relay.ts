/**
 * The relay engine: accepts, decides, dials and carries, in this process.
 *
 * Decides before it dials: a refused peer gets RST, and no terminal ever hears of it. Keeps the limits per terminal, per
 * source, overall and of the process. Judges those inside again when the policy changes or a grant ends. What one
 * connection goes through from there on is the session's.
 */
import type { Socket } from "node:net";
import { type Ipv4, peerAddress } from "@ecluse/guard/address";
import type { Endpoint, Limits } from "../../inventory/model.ts";
import { judge, judgeInside } from "../../policy/decide.ts";
import { type Policy, endpointKey } from "../../policy/policy.ts";
import type {
  Applied,
  BlockedDoor,
  Clock,
  Engine,
  EngineEvents,
  Inherited,
  OpenSession,
  Refusal,
  RoomReason,
  SessionRecord,
} from "../engine.ts";
import type { HandedOver, HandedSession, SessionOrder, SessionReport, TakenOver } from "../handover.ts";
import { descriptorLimit, sessionCeiling } from "./ceiling.ts";
import { Doors } from "./doors.ts";
import type { GovernedSession } from "./governed.ts";
import { HandedOverSessions } from "./handed-over.ts";
import { type RemoteHost, RemoteSessions } from "./remote-sessions.ts";
import { type Admission, Session, type SessionHost } from "./session.ts";
import { Slots } from "./slots.ts";

/** A line before a terminal is never longer than this, whatever the connect limit, in milliseconds. */
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
  readonly #sessions = new Set<GovernedSession>();
  readonly #perSource = new Map<Ipv4, number>();
  /** By target: the places belong to the terminal, whatever flow or alias leads to it. */
  readonly #slots = new Map<number, Slots>();
  #places: ReadonlyMap<number, number> = new Map();
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
    const accept = (endpoint: Endpoint, socket: Socket): void => this.#accept(endpoint, socket);
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
        this.#placeOrReport(session);
      },
      refused: (refusal) => this.#refused(refusal),
    };
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get openSessions(): readonly OpenSession[] {
    return Array.from(this.#sessions, (session) => session.snapshot());
  }

  get blocked(): readonly BlockedDoor[] {
    return this.#doors.blocked;
  }

  apply(policy: Policy): Promise<Applied> {
    const applied = this.#applying.then(() => this.#applyNow(policy));
    this.#applying = applied;
    return applied;
  }

  async #applyNow(policy: Policy): Promise<Applied> {
    if (this.#isStopping()) return { open: 0, blocked: [] };
    this.#places = placesByTarget(policy);
    this.#policy = policy;
    this.#ceiling = sessionCeiling(this.#descriptors, policy.doors.size);
    this.#startSweep(policy.limits);
    // The rules first, for everyone who comes and everyone inside; then the doors, new ones before old ones go.
    for (const [target, slots] of this.#slots) slots.limit = this.#places.get(target) ?? Infinity;
    for (const session of this.#sessions) this.#judgeAgain(session, "revoked");
    if (!this.#standby) await this.#doors.apply(policy);
    return { open: this.#doors.size, blocked: this.#doors.blocked };
  }

  #accept(endpoint: Endpoint, socket: Socket): void {
    const entry = this.#mayEnter(endpoint, peerAddress(socket.remoteAddress));
    if ("reason" in entry) {
      refuse(socket);
      this.#refused(entry);
    } else this.#admit(socket, entry);
  }

  #mayEnter(endpoint: Endpoint, source: Ipv4 | undefined): Admission | Refusal {
    const at = this.#clock.wall();
    const door = this.#policy?.doors.get(endpointKey(endpoint.address, endpoint.port));
    const refusal = { flow: door?.flow.id, endpoint, source };
    // A listener that is about to close has no door any more, and lets nobody in.
    if (door === undefined) return { ...refusal, outcome: "denied", reason: "no-door" };
    if (source === undefined) return { ...refusal, outcome: "denied", reason: "no-address" };
    const verdict = judge(door.flow, source, at);
    if (!verdict.permit) return { ...refusal, outcome: "denied", reason: verdict.reason };
    const full = this.#noRoomFor(source);
    if (full !== undefined) return { ...refusal, outcome: "overload", reason: full };
    return { door, source, permit: verdict, at };
  }

  #noRoomFor(source: Ipv4): RoomReason | undefined {
    if (this.#sessions.size >= this.#limits.sessions) return "sessions";
    if (this.#sessions.size - (this.#remote?.size ?? 0) >= this.#ceiling) return "descriptors";
    if ((this.#perSource.get(source) ?? 0) >= this.#limits.perSource) return "source";
    return undefined;
  }

  #admit(socket: Socket, admission: Admission): void {
    const session = new Session(this.#host, socket, admission);
    this.#enter(session);
    this.#placeOrReport(session);
  }

  #placeOrReport(session: GovernedSession): void {
    if (this.#handedOver === undefined) this.#place(session);
    else this.#handedOver.came(session);
  }

  #refused(refusal: Refusal): void {
    if (this.#handedOver === undefined) this.#events.refused(refusal);
    else this.#handedOver.refused(refusal);
  }

  #enter(session: GovernedSession): void {
    this.#sessions.add(session);
    this.#perSource.set(session.source, (this.#perSource.get(session.source) ?? 0) + 1);
  }

  /** Gives it what it has, or what there is. */
  #place(session: GovernedSession): void {
    if (session.place === "left") return;
    const slots = this.#slotsOf(session.targetKey);
    if (session.place === "held") {
      slots.hold(session);
      return;
    }
    const place = slots.take(session, this.#clock.monotonic());
    if (place === "seated") session.seated();
    else if (place === "full") session.turnedAway();
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
    const verdict = judgeInside(door.flow, session.source, this.#clock.wall());
    if (verdict.permit) session.confirm({ door, permit: verdict });
    else session.revoke(verdict.reason === "expired" ? "expired" : outcome, door.flow.onRevoke);
  }

  #over(session: GovernedSession, record: SessionRecord): void {
    this.#forget(session);
    if (this.#handedOver !== undefined) this.#handedOver.over(session, record);
    // One who found no place was refused, and has been told of as such.
    else if (record.outcome !== "busy") this.#events.ended(record);
    this.#finishDrain();
  }

  #vacate(session: GovernedSession): void {
    if (this.#handedOver !== undefined) {
      this.#handedOver.vacated(session);
      return;
    }
    const slots = this.#slots.get(session.targetKey);
    slots?.leave(session);
    if (slots?.isEmpty === true) this.#slots.delete(session.targetKey);
  }

  #forget(session: GovernedSession): void {
    this.#vacate(session);
    this.#sessions.delete(session);
    const left = (this.#perSource.get(session.source) ?? 1) - 1;
    if (left === 0) this.#perSource.delete(session.source);
    else this.#perSource.set(session.source, left);
  }

  #slotsOf(target: number): Slots {
    const known = this.#slots.get(target);
    if (known !== undefined) return known;
    const slots = new Slots(this.#places.get(target) ?? Infinity);
    this.#slots.set(target, slots);
    return slots;
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
    for (const session of this.#sessions) session.sweep(now);
    if (this.#drain !== undefined && now >= this.#drain.deadline) this.#cutDrained();
    void this.#doors.retry();
  }

  #sweepRights(now: number): void {
    const wall = this.#clock.wall();
    for (const session of this.#sessions) {
      const { until } = session.right.permit.grant;
      if (until !== undefined && wall >= until) this.#judgeAgain(session, "expired");
    }
    const longest = Math.min(LONGEST_WAIT, this.#limits.connect);
    for (const slots of this.#slots.values()) slots.sweep(now, longest);
  }

  handOver(report: (report: SessionReport) => void): HandedOver {
    const left = new HandedOverSessions(this.#sessions, report);
    this.#handedOver = left;
    const drain = newDrain(Infinity);
    return {
      sessions: left.sessions,
      close: () => {
        this.#doors.closeAll();
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
    for (const session of this.#sessions) this.#judgeAgain(session, "revoked");
    this.#placeAll();
    const opened = this.apply(this.#policyInForce);
    return Object.assign(remote, { opened });
  }

  /** The books of places are written anew, from what each session says of itself. */
  #placeAll(): void {
    this.#slots.clear();
    for (const session of this.#sessions) if (session.place === "held") this.#place(session);
    for (const session of this.#sessions) if (session.place === "wanted") this.#place(session);
  }

  #alone(): void {
    if (this.#handedOver === undefined) return;
    this.#handedOver = undefined;
    for (const session of this.#sessions) if (session.place === "wanted") session.cut("drained");
    for (const session of this.#sessions) this.#judgeAgain(session, "revoked");
    this.#placeAll();
  }

  #resume(): void {
    this.#handedOver = undefined;
    for (const session of this.#sessions) this.#judgeAgain(session, "revoked");
    this.#placeAll();
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
    this.#doors.closeAll();
    for (const session of this.#sessions) if (session.place === "wanted") session.cut("drained");
    return newDrain(deadline);
  }

  #cutDrained(): void {
    if (this.#drain === undefined) return;
    this.#drain.deadline = Infinity;
    this.#drain.cut = Math.max(this.#drain.cut, this.#sessions.size);
    for (const session of this.#sessions) session.cut("drained");
  }

  #finishDrain(): void {
    if (this.#drain === undefined || this.#sessions.size > 0) return;
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

/** The least of the limits that lead to one target. */
function placesByTarget(policy: Policy): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const flow of policy.flows) {
    if (flow.kind === "local" || flow.sessions === undefined) continue;
    const target = endpointKey(flow.target.address, flow.target.port);
    places.set(target, Math.min(flow.sessions, places.get(target) ?? Infinity));
  }
  return places;
}

/** RST at once: no dial, no answer, nothing kept. */
function refuse(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.resetAndDestroy();
}
