/**
 * Sessions whose bytes pass through the process that had the doors before: governed here like any other, carried there.
 *
 * Each stands in the relay's books as if it were its own - its place at the terminal, its share of the limits, its right
 * to be inside - and passes on what is decided about it.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { OnRevoke, Queue } from "../../inventory/model.ts";
import { compileGate } from "../../policy/gate.ts";
import { endpointKey } from "../../policy/policy.ts";
import type { OpenSession, Outcome, Refusal, SessionRecord } from "../records.ts";
import type { HandedSession, SessionOrder, SessionReport, TakenOver } from "../handover.ts";
import type { GovernedSession, Place, Right } from "./governed.ts";

/** How long the other process may take to say how its sessions are, in milliseconds. */
const PATIENCE = 1_000;

/** The relay, as such a session sees it. */
export interface RemoteHost {
  readonly monotonic: () => number;
  readonly closing: (session: GovernedSession) => void;
  readonly vacated: (session: GovernedSession) => void;
  readonly over: (session: GovernedSession, record: SessionRecord) => void;
  readonly turnedAway: (session: GovernedSession) => void;
  /** Another one has entered over there. */
  readonly came: (session: GovernedSession) => void;
  readonly refused: (refusal: Refusal) => void;
}

export class RemoteSessions implements Omit<TakenOver, "opened"> {
  readonly #host: RemoteHost;
  readonly #order: (order: SessionOrder) => void;
  readonly #sessions = new Map<number, RemoteSession>();
  #told: () => void = () => undefined;
  #refreshing: Promise<void> | undefined;

  constructor(host: RemoteHost, order: (order: SessionOrder) => void) {
    this.#host = host;
    this.#order = order;
  }

  get size(): number {
    return this.#sessions.size;
  }

  add(handed: HandedSession): GovernedSession {
    const session = new RemoteSession(handed, this.#host, this.#order);
    this.#sessions.set(handed.id, session);
    return session;
  }

  reported(report: SessionReport): void {
    if (report.what === "facts") {
      for (const { id, facts } of report.sessions) this.#sessions.get(id)?.seen(facts);
      this.#told();
      return;
    }
    if (report.what === "came") {
      this.#host.came(this.add(report.session));
      return;
    }
    if (report.what === "refused") {
      this.#host.refused(report.refusal);
      return;
    }
    const session = this.#sessions.get(report.id);
    if (session === undefined) return;
    if (report.what === "closing") this.#closing(session);
    else if (report.what === "vacated") this.#vacated(session);
    else this.#over(report.id, session, report.record);
  }

  refresh(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    this.#refreshing ??= this.#ask().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #ask(): Promise<void> {
    const told = Promise.withResolvers<undefined>();
    this.#told = () => told.resolve(undefined);
    const late = setTimeout(this.#told, PATIENCE);
    this.#order({ what: "tell" });
    await told.promise;
    clearTimeout(late);
  }

  lost(): void {
    for (const [id, session] of this.#sessions) this.#over(id, session, session.lostRecord());
    this.#told();
  }

  #closing(session: RemoteSession): void {
    session.closing = true;
    this.#host.closing(session);
  }

  #vacated(session: RemoteSession): void {
    session.place = "left";
    this.#host.vacated(session);
  }

  #over(id: number, session: RemoteSession, record: SessionRecord): void {
    this.#sessions.delete(id);
    session.closing = true;
    // The rule that it was inside by at last is known here; the other process may know an older one.
    this.#host.over(session, { ...record, rule: session.right.permit.grant.source });
  }
}

class RemoteSession implements GovernedSession {
  readonly source: Ipv4;
  readonly balancer: Ipv4 | undefined;
  right: Right;
  place: Place;
  closing: boolean;
  isTurnedAway = false;
  readonly #id: number;
  readonly #host: RemoteHost;
  readonly #order: (order: SessionOrder) => void;
  #facts: OpenSession;
  #seenAt: number;
  /** Its right was taken, and has not come back: the facts may be older than that. */
  #revoked: boolean;

  constructor(
    { id, facts, balancer, place, closing, onRevoke }: HandedSession,
    host: RemoteHost,
    order: (order: SessionOrder) => void,
  ) {
    this.#id = id;
    this.#host = host;
    this.#order = order;
    this.#facts = facts;
    this.#seenAt = host.monotonic();
    this.#revoked = facts.leaving;
    this.source = facts.source;
    this.balancer = balancer;
    this.place = place;
    this.closing = closing;
    this.right = rightOf(facts, onRevoke);
  }

  get queue(): Queue | undefined {
    return this.right.door.flow.queue;
  }

  get targetKey(): number {
    const { address, port } = this.#facts.target;
    return endpointKey(address, port);
  }

  seated(): void {
    this.place = "held";
    this.#order({ what: "seat", id: this.#id });
  }

  turnedAway(): void {
    this.isTurnedAway = true;
    this.#order({ what: "turn-away", id: this.#id });
    this.#host.turnedAway(this);
  }

  revoke(outcome: "revoked" | "expired", rule: OnRevoke): void {
    this.#revoked = true;
    this.#order({ what: "revoke", id: this.#id, outcome, rule });
  }

  confirm(right: Right): void {
    this.right = right;
    if (this.#revoked) this.#order({ what: "confirm", id: this.#id });
    this.#revoked = false;
  }

  cut(outcome: Outcome): void {
    this.#order({ what: "cut", id: this.#id, outcome });
  }

  /** Its limits are watched where its bytes pass. */
  sweep(): void {
    return undefined;
  }

  seen(facts: OpenSession): void {
    this.#facts = facts;
    this.#seenAt = this.#host.monotonic();
  }

  snapshot(): OpenSession {
    const duration = this.#facts.duration + this.#host.monotonic() - this.#seenAt;
    return { ...this.#facts, rule: this.right.permit.grant.source, duration };
  }

  lostRecord(): SessionRecord {
    const { phase: _phase, leaving: _leaving, ...facts } = this.snapshot();
    return { ...facts, outcome: "reset", by: "gateway", cause: "process-gone" };
  }
}

/** What it was inside by, as far as the other process tells; the policy in force is asked at once. */
function rightOf({ flow: id, endpoint, target, rule }: OpenSession, onRevoke: OnRevoke): Right {
  const grants = [{ source: rule }];
  const gate = compileGate([], () => []);
  const flow = {
    kind: "relayed",
    id,
    endpoints: [endpoint],
    target,
    direction: "other",
    grants,
    gate,
    onRevoke,
  } as const;
  return { door: { endpoint, flow }, permit: { permit: true, grant: { source: rule } } };
}
