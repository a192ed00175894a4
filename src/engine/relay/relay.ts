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
import type { Socket } from "node:net";
import { type Ipv4, peerAddress } from "@ecluse/guard/address";
import type { Endpoint, Limits } from "../../inventory/model.ts";
import { judge, judgeBalancer, judgeInside, judgeWay } from "../../policy/decide.ts";
import { type Door, type Policy, endpointKey } from "../../policy/policy.ts";
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
import { Introduction, type IntroductionHost } from "./introduction.ts";
import { type RemoteHost, RemoteSessions } from "./remote-sessions.ts";
import { type Admission, Session, type SessionHost } from "./session.ts";
import { Slots } from "./slots.ts";

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
  /** Nobody gets a place at a terminal before `takeOver`: those who have one then are not known yet. */
  readonly standby?: boolean;
}

export class Relay implements Engine {
  readonly #clock: Clock;
  readonly #events: EngineEvents;
  readonly #descriptors: number;
  readonly #host: SessionHost & RemoteHost;
  readonly #doors: Doors;
  readonly #sessions = new Set<GovernedSession>();
  readonly #introductionHost: IntroductionHost;
  readonly #introductions = new Set<Introduction>();
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
    };
    this.#introductionHost = {
      introduced: ({ endpoint, socket, balancer }, { address: source, port }, said) =>
        this.#receive(socket, { endpoint, source, port, balancer }, said),
      unheard: ({ endpoint, balancer: source }, reason) => {
        const flow = this.#doorAt(endpoint)?.flow.id;
        this.#events.refused({ flow, endpoint, source, outcome: "bad-proxy-header", reason });
      },
      left: (introduction) => {
        this.#introductions.delete(introduction);
        this.#count(introduction.balancer, -1);
      },
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
    this.#judgeIntroductions();
    await this.#doors.apply(policy);
    return { open: this.#doors.size, blocked: this.#doors.blocked };
  }

  #judgeIntroductions(): void {
    for (const introduction of this.#introductions) {
      const refusal = this.#refusalOfBalancer(introduction.endpoint, introduction.balancer);
      if (refusal === undefined) continue;
      introduction.cut();
      this.#events.refused(refusal);
    }
  }

  #accept(endpoint: Endpoint, socket: Socket): void {
    const source = peerAddress(socket.remoteAddress);
    const isBalanced = this.#doorAt(endpoint)?.flow.acceptProxy !== undefined;
    if (isBalanced && source !== undefined) this.#hear(socket, endpoint, source);
    else this.#receive(socket, { endpoint, source, port: socket.remotePort ?? 0 });
  }

  #doorAt(endpoint: Endpoint): Door | undefined {
    return this.#policy?.doors.get(endpointKey(endpoint.address, endpoint.port));
  }

  /** Has a balancer say first who comes. Until then it counts as a session of its own, and knows nothing of places. */
  #hear(socket: Socket, endpoint: Endpoint, balancer: Ipv4): void {
    const refusal = this.#refusalOfBalancer(endpoint, balancer) ?? this.#overload(endpoint, balancer);
    if (refusal === undefined) {
      const now = this.#clock.monotonic();
      this.#introductions.add(new Introduction(this.#introductionHost, socket, { endpoint, balancer, now }));
      this.#count(balancer, 1);
    } else this.#refuse(socket, refusal);
  }

  #refusalOfBalancer(endpoint: Endpoint, balancer: Ipv4): Refusal | undefined {
    const door = this.#doorAt(endpoint);
    const reason = door === undefined ? "no-door" : judgeBalancer(door.flow, balancer)?.reason;
    if (reason === undefined) return undefined;
    return { flow: door?.flow.id, endpoint, source: balancer, outcome: "denied", reason };
  }

  #receive(socket: Socket, arrival: Arrival, said?: Buffer): void {
    const entry = this.#mayEnter(arrival);
    if ("reason" in entry) this.#refuse(socket, entry);
    else this.#admit(socket, entry, said);
  }

  #refuse(socket: Socket, refusal: Refusal): void {
    refuse(socket);
    this.#events.refused(refusal);
  }

  #mayEnter({ endpoint, source, port, balancer }: Arrival): Admission | Refusal {
    const at = this.#clock.wall();
    const door = this.#doorAt(endpoint);
    const refusal = { flow: door?.flow.id, endpoint, source };
    // A listener that is about to close has no door any more, and lets nobody in.
    if (door === undefined) return { ...refusal, outcome: "denied", reason: "no-door" };
    if (source === undefined) return { ...refusal, outcome: "denied", reason: "no-address" };
    const verdict = judge(door.flow, source, at);
    if (!verdict.permit) return { ...refusal, outcome: "denied", reason: verdict.reason };
    const overload = this.#overload(endpoint, source);
    if (overload !== undefined) return overload;
    return { door, source, port, permit: verdict, at, ...(balancer === undefined ? {} : { balancer }) };
  }

  #overload(endpoint: Endpoint, source: Ipv4): Refusal | undefined {
    const reason = this.#noRoomFor(source);
    if (reason === undefined) return undefined;
    return { flow: this.#doorAt(endpoint)?.flow.id, endpoint, source, outcome: "overload", reason };
  }

  #noRoomFor(source: Ipv4): RoomReason | undefined {
    const inside = this.#sessions.size + this.#introductions.size;
    if (inside >= this.#limits.sessions) return "sessions";
    if (inside - (this.#remote?.size ?? 0) >= this.#ceiling) return "descriptors";
    if ((this.#perSource.get(source) ?? 0) >= this.#limits.perSource) return "source";
    return undefined;
  }

  #admit(socket: Socket, admission: Admission, said?: Buffer): void {
    const session = new Session(this.#host, socket, admission, said);
    this.#enter(session);
    if (!this.#standby) this.#place(session);
  }

  #enter(session: GovernedSession): void {
    this.#sessions.add(session);
    this.#count(session.source, 1);
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
    const door = this.#doorAt(old.endpoint);
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
    this.#count(session.source, -1);
  }

  #count(source: Ipv4, change: 1 | -1): void {
    const count = (this.#perSource.get(source) ?? 0) + change;
    if (count === 0) this.#perSource.delete(source);
    else this.#perSource.set(source, count);
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
    for (const introduction of this.#introductions) introduction.sweep(now);
    const longest = Math.min(LONGEST_WAIT, this.#limits.connect);
    for (const slots of this.#slots.values()) slots.sweep(now, longest);
  }

  handOver(report: (report: SessionReport) => void): HandedOver {
    this.#doors.closeAll();
    this.#cutIntroductions();
    const left = new HandedOverSessions(this.#sessions, report);
    this.#handedOver = left;
    const drain = newDrain(this.#clock.monotonic() + this.#limits.drain);
    this.#drain = drain;
    const { sessions } = left;
    this.#finishDrain();
    return {
      sessions,
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
    // Those who were there first come first in every line.
    const own = [...this.#sessions];
    this.#sessions.clear();
    for (const one of handed) this.#enter(remote.add(one));
    for (const session of own) this.#sessions.add(session);
    for (const session of this.#sessions) this.#judgeAgain(session, "revoked");
    this.#placeAll();
    return remote;
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

  #resume(): Promise<Applied> {
    this.#handedOver = undefined;
    this.#drain = undefined;
    this.#placeAll();
    this.#stopSweep?.();
    this.#sweepPeriod = 0;
    return this.#policy === undefined ? Promise.resolve({ open: 0, blocked: [] }) : this.apply(this.#policy);
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
    this.#cutIntroductions();
    for (const session of this.#sessions) if (session.place === "wanted") session.cut("drained");
    return newDrain(deadline);
  }

  /** Where the doors close or change hands: who has not said for whom it comes is nobody's session yet. */
  #cutIntroductions(): void {
    for (const introduction of this.#introductions) introduction.cut();
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
    if (this.#policy === undefined) throw new TypeError("the relay has no policy yet");
    return this.#policy.limits;
  }
}

/** Who comes, and by what way. */
interface Arrival extends Pick<Admission, "port" | "balancer"> {
  readonly endpoint: Endpoint;
  readonly source: Ipv4 | undefined;
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
