/**
 * The sessions that the kernel carries, as far as conntrack tells: who came, who is inside and by which right, who ended.
 *
 * The kernel lets in by its rules; this asks the policy under which name. It judges those inside again, and ends those
 * whose right has gone by having conntrack forget them, once the rules no longer let them in.
 */
import type { Endpoint, Limits, OnRevoke } from "../../inventory/model.ts";
import { judge, judgeInside } from "../../policy/decide.ts";
import { type Door, type Policy, endpointKey } from "../../policy/policy.ts";
import type { Clock } from "../engine.ts";
import type { InsideSession, Outcome, SessionRecord } from "../records.ts";
import type { Listing } from "./conntrack/conntrack.ts";
import { type ConntrackEntry, isSame } from "./conntrack/conntrack-entry.ts";
import { type Instants, type KernelRight, KernelSession, isOver } from "./kernel-session.ts";
import { LastCounts, NOT_COUNTED } from "./conntrack/last-counts.ts";

export interface KernelSessionsOptions {
  readonly clock: Clock;
  readonly policy: () => Policy | undefined;
  /** The one before it: somebody may just have come in by a door that is closed now. */
  readonly policyBefore: () => Policy | undefined;
  readonly began: (session: InsideSession) => void;
  /** `session`: its number. */
  readonly ended: (record: SessionRecord, session: number) => void;
  /** Has the kernel forget its connection: from then on neither side is heard. */
  readonly forget: (entry: ConntrackEntry) => void;
  /** Somebody has come or gone at a target. */
  readonly changed: (target: Endpoint) => void;
  /** Whether the host counts their bytes. */
  readonly isCounting: () => boolean;
}

export class KernelSessions {
  readonly #options: KernelSessionsOptions;
  readonly #sessions = new Map<number, KernelSession>();
  readonly #byTarget = new Map<number, Set<KernelSession>>();
  readonly #lastCounts: LastCounts;
  #lastNumber = 0;
  /** Ended since a list began to be read, which may still show them. */
  #endedMeanwhile = new Set<number>();
  /** Not in the last list: the kernel has just thrown them out, and how they ended is on its way; or it was missed. */
  #missing: ReadonlySet<number> = new Set();

  constructor(options: KernelSessionsOptions) {
    this.#options = options;
    this.#lastCounts = new LastCounts(({ record, session }) => options.ended(record, session));
  }

  get size(): number {
    return this.#sessions.size;
  }

  get snapshots(): readonly InsideSession[] {
    const now = this.#options.clock.monotonic();
    return Array.from(this.#sessions.values(), (session) => session.snapshot(now));
  }

  /** How many are over, and their bytes not yet known. */
  get uncounted(): number {
    return this.#lastCounts.size;
  }

  /** Those at a terminal. */
  at(target: number): readonly KernelSession[] {
    return [...(this.#byTarget.get(target) ?? [])];
  }

  [Symbol.iterator](): Iterator<KernelSession> {
    return this.#sessions.values();
  }

  happened(entry: ConntrackEntry): void {
    if (this.#lastCounts.hear(entry)) return;
    let known = this.#sessions.get(entry.id);
    if (known !== undefined && !isSame(known.entry, entry)) {
      // Of another connection with the same number.
      if (entry.what !== "NEW") return;
      // The kernel gives a number again once its bearer is gone, nearly always: then its end was missed.
      this.#end(known);
      known = undefined;
    } else if (known !== undefined && entry.what === "NEW") {
      // A list was read before this was.
      return;
    }
    const session = known ?? this.#enter(entry);
    if (session === undefined) return;
    session.hear(entry);
    if (session.isOver) this.#end(session);
  }

  /** To be called when the list is about to be read. */
  listing(): Listing {
    const before = new Set(this.#sessions.keys());
    const uncounted = this.#lastCounts.ids;
    const listed = new Set<number>();
    this.#endedMeanwhile = new Set();
    return {
      saw: (entry) => {
        if (this.#endedMeanwhile.has(entry.id)) return;
        // Most of a long list: those that have been over for up to two minutes.
        if (isOver(entry) && !this.#sessions.has(entry.id) && !uncounted.has(entry.id)) return;
        listed.add(entry.id);
        this.happened(entry);
      },
      ended: () => {
        this.#lastCounts.giveUp(uncounted);
        const missing = [...this.#sessions.keys()].filter((id) => before.has(id) && !listed.has(id));
        for (const id of missing) if (this.#missing.has(id)) this.#endOf(id);
        this.#missing = new Set(missing);
      },
    };
  }

  /** Asks of everyone again whether they may be inside: the rules have changed. */
  judgeAgain(): void {
    for (const session of this.#sessions.values()) this.#judgeAgain(session, "revoked");
  }

  /** Called a few times a second. */
  sweep({ wall, monotonic }: Instants): void {
    for (const session of this.#sessions.values()) {
      // It was asked for, and has not happened: perhaps nobody was there to hear.
      if (session.ending !== undefined) this.#options.forget(session.entry);
      const until = session.right.permit?.grant.until;
      if (until !== undefined && wall >= until) this.#judgeAgain(session, "expired");
      if (session.deadline !== undefined && monotonic >= session.deadline.at)
        this.#cut(session, session.deadline.outcome);
    }
  }

  cutAll(outcome: Outcome): void {
    for (const session of this.#sessions.values()) this.#cut(session, outcome);
  }

  /** Nobody will hear how they end, though they do: it is told as far as it is known. */
  endAll(): void {
    for (const session of this.#sessions.values()) this.#end(session);
  }

  /** Nobody listens any more: who still waits for a last count goes without. */
  close(): void {
    this.#lastCounts.giveUp(this.#lastCounts.ids);
  }

  #enter(entry: ConntrackEntry): KernelSession | undefined {
    const right = this.#rightOf(entry);
    if (right === undefined) return undefined;
    const { clock } = this.#options;
    const session = new KernelSession(
      entry,
      { right, number: this.#lastNumber + 1 },
      { wall: clock.wall(), monotonic: clock.monotonic() },
    );
    if (session.isOver) return undefined;
    this.#lastNumber += 1;
    this.#sessions.set(session.id, session);
    const there = this.#byTarget.get(session.targetKey);
    if (there === undefined) this.#byTarget.set(session.targetKey, new Set([session]));
    else there.add(session);
    this.#options.began(session.snapshot(clock.monotonic()));
    this.#options.changed(session.entry.target);
    // It came by rules that may have changed while it did.
    this.#judgeAgain(session, "revoked");
    return session;
  }

  /** Absent: it is none of our doors that it came by. */
  #rightOf({ endpoint, source }: ConntrackEntry): KernelRight | undefined {
    // The rules follow the policy a moment later, and what happened is heard a moment after that.
    const door = this.#doorAt(endpoint) ?? this.#options.policyBefore()?.doors.get(keyOf(endpoint));
    if (door === undefined) return undefined;
    const verdict = judge(door.flow, source.address, this.#options.clock.wall());
    return { door, permit: verdict.permit ? verdict : undefined };
  }

  #doorAt(endpoint: Endpoint): Door | undefined {
    return this.#options.policy()?.doors.get(keyOf(endpoint));
  }

  #judgeAgain(session: KernelSession, outcome: "revoked" | "expired"): void {
    const door = this.#doorAt(session.entry.endpoint);
    if (door === undefined || !leadsTo(door, session)) {
      this.#revoke(session, "revoked", session.right.door.flow.onRevoke);
      return;
    }
    const verdict = judgeInside(door.flow, session.entry.source.address, this.#options.clock.wall());
    if (verdict.permit) session.confirm({ door, permit: verdict });
    else this.#revoke(session, verdict.reason === "expired" ? "expired" : outcome, door.flow.onRevoke);
  }

  #revoke(session: KernelSession, outcome: "revoked" | "expired", rule: OnRevoke): void {
    if (rule === "cut") this.#cut(session, outcome);
    else if (rule === "drain")
      session.deadline ??= { at: this.#options.clock.monotonic() + this.#limits.drain, outcome };
  }

  #cut(session: KernelSession, outcome: Outcome): void {
    session.ending ??= { outcome, by: "gateway" };
    this.#options.forget(session.entry);
  }

  #endOf(id: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#end(session);
  }

  #end(session: KernelSession): void {
    this.#sessions.delete(session.id);
    const there = this.#byTarget.get(session.targetKey);
    there?.delete(session);
    if (there?.size === 0) this.#byTarget.delete(session.targetKey);
    this.#endedMeanwhile.add(session.id);
    const { entry, number } = session;
    const ended = { entry, record: session.record(this.#options.clock.monotonic()), session: number };
    const isCounting = session.entry.bytes !== undefined || this.#options.isCounting();
    if (isCounting && ended.record.cause === NOT_COUNTED) this.#lastCounts.wait(ended);
    else this.#options.ended(ended.record, ended.session);
    this.#options.changed(session.entry.target);
  }

  get #limits(): Limits {
    const policy = this.#options.policy();
    if (policy === undefined) throw new TypeError("the kernel engine has no policy yet");
    return policy.limits;
  }
}

function leadsTo({ flow }: Door, { entry }: KernelSession): boolean {
  return flow.target.address === entry.target.address && flow.target.port === entry.target.port;
}

function keyOf({ address, port }: Endpoint): number {
  return endpointKey(address, port);
}
