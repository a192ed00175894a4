/**
 * What is left of a relay whose doors another process has taken: sessions that it carries and no longer decides about.
 */
import type { Refusal, SessionRecord } from "../records.ts";
import type { HandedSession, SessionOrder, SessionReport } from "../handover.ts";
import type { GovernedSession } from "./governed.ts";

/** How a session ended, and the number it had here; 0: it had not begun here. */
export interface NumberedRecord {
  readonly record: SessionRecord;
  readonly number: number;
}

interface Unheard {
  readonly records: NumberedRecord[];
  readonly refusals: Refusal[];
}

export class HandedOverSessions {
  readonly #report: (report: SessionReport) => void;
  readonly #byId = new Map<number, GovernedSession>();
  readonly #idOf = new Map<GovernedSession, number>();
  #last = 0;
  /** What would be told of nowhere, should the other process never take up its work. */
  #unheard: Unheard | undefined = { records: [], refusals: [] };

  constructor(sessions: Iterable<GovernedSession>, report: (report: SessionReport) => void) {
    this.#report = report;
    for (const session of sessions) this.#number(session);
  }

  /** As they are now, oldest first. */
  get sessions(): readonly HandedSession[] {
    return Array.from(this.#byId, ([id, session]) => handed(id, session));
  }

  came(session: GovernedSession): void {
    this.#report({ what: "came", session: handed(this.#number(session), session) });
  }

  /** What was reported so far, until `close`. */
  get unheard(): Unheard | undefined {
    return this.#unheard;
  }

  /** The other process has taken up its work: what is reported is told of there. */
  close(): void {
    this.#unheard = undefined;
  }

  refused(refusal: Refusal): void {
    this.#unheard?.refusals.push(refusal);
    this.#report({ what: "refused", refusal });
  }

  /** Does to one session what was decided; one that is over in the meantime needs nothing. */
  obey(order: Exclude<SessionOrder, { readonly what: "tell" }>): void {
    const session = this.#byId.get(order.id);
    if (session === undefined) return;
    if (order.what === "seat") session.seated();
    else if (order.what === "turn-away") session.turnedAway();
    else if (order.what === "revoke") session.revoke(order.outcome, order.rule);
    else if (order.what === "confirm") session.confirm(session.right);
    else session.cut(order.outcome);
  }

  tell(): void {
    const sessions = Array.from(this.#byId, ([id, session]) => ({ id, facts: session.snapshot() }));
    this.#report({ what: "facts", sessions });
  }

  closing(session: GovernedSession): void {
    this.#about(session, (id) => ({ what: "closing", id }));
  }

  vacated(session: GovernedSession): void {
    this.#about(session, (id) => ({ what: "vacated", id }));
  }

  over(session: GovernedSession, numbered: NumberedRecord): void {
    this.#unheard?.records.push(numbered);
    const { record } = numbered;
    this.#about(session, (id) => ({ what: "over", id, record }));
    const id = this.#idOf.get(session);
    this.#idOf.delete(session);
    if (id !== undefined) this.#byId.delete(id);
  }

  #number(session: GovernedSession): number {
    this.#last += 1;
    this.#byId.set(this.#last, session);
    this.#idOf.set(session, this.#last);
    return this.#last;
  }

  #about(session: GovernedSession, report: (id: number) => SessionReport): void {
    const id = this.#idOf.get(session);
    if (id !== undefined) this.#report(report(id));
  }
}

function handed(id: number, session: GovernedSession): HandedSession {
  const { place, closing, right } = session;
  const through = session.balancer === undefined ? {} : { balancer: session.balancer };
  return { id, facts: session.snapshot(), ...through, place, closing, onRevoke: right.door.flow.onRevoke };
}
