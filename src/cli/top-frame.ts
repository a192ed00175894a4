/** What `ecluse top` shows at one moment: two answers of the gateway, and what went on between them. Pure. */
import type { SessionAnswer } from "../answers/sessions.ts";
import type { StatusAnswer } from "../answers/status.ts";

/** What the gateway answered. */
export interface TopAnswer {
  /** When, in milliseconds by a monotonic clock. */
  readonly at: number;
  readonly status: StatusAnswer;
  readonly sessions: readonly SessionAnswer[];
}

export interface TopFrame {
  readonly status: StatusAnswer;
  /** `null`: nothing to compare with, for it is the first answer or the gateway began anew. */
  readonly perSecond: TopRates | null;
  readonly sessions: readonly TopSession[];
}

/** Per second since the answer before. */
export interface TopRates {
  /** Let in, at the whole gateway. */
  readonly sessions: number;
  /** Refused, at the whole gateway. */
  readonly refusals: number;
  /** Bytes, of the sessions in the frame. */
  readonly toTarget: number;
  /** Bytes, of the sessions in the frame. */
  readonly toClient: number;
}

export interface TopSession extends SessionAnswer {
  /** Bytes. */
  readonly perSecond: { readonly toTarget: number; readonly toClient: number } | null;
}

/** `before` is an earlier answer to the same question. */
export function topFrame(before: TopAnswer | undefined, { at, status, sessions }: TopAnswer): TopFrame {
  const seconds = before === undefined ? 0 : (at - before.at) / 1_000;
  if (before === undefined || seconds <= 0 || beganAnew(before.status.counts, status.counts)) {
    return { status, perSecond: null, sessions: sessions.map((session) => ({ ...session, perSecond: null })) };
  }
  const known = new Known(before.sessions);
  const rated = sessions.map((session) => ({ ...session, perSecond: known.rate(session, seconds) }));
  const sum = (way: "toTarget" | "toClient"): number => rated.reduce((all, { perSecond }) => all + perSecond[way], 0);
  const since = (what: "sessions" | "refusals"): number => (status.counts[what] - before.status.counts[what]) / seconds;
  return {
    status,
    perSecond: {
      sessions: since("sessions"),
      refusals: since("refusals"),
      toTarget: sum("toTarget"),
      toClient: sum("toClient"),
    },
    sessions: rated,
  };
}

/** The counts only grow while a gateway lives. */
function beganAnew(before: StatusAnswer["counts"], after: StatusAnswer["counts"]): boolean {
  return after.sessions < before.sessions || after.refusals < before.refusals;
}

/** Finds a session of an answer in the one before. Several from one source in one millisecond are taken in their order. */
class Known {
  readonly #sessions = new Map<string, SessionAnswer[]>();

  constructor(sessions: readonly SessionAnswer[]) {
    for (const session of sessions) {
      const same = this.#sessions.get(keyOf(session));
      if (same === undefined) this.#sessions.set(keyOf(session), [session]);
      else same.push(session);
    }
  }

  /** Of one that was not there before: all it has moved. */
  rate(session: SessionAnswer, seconds: number): { readonly toTarget: number; readonly toClient: number } {
    const earlier = this.#sessions.get(keyOf(session))?.shift();
    const rate = (now: number, then = 0): number => Math.max(0, now - then) / seconds;
    return {
      toTarget: rate(session.bytesToTarget, earlier?.bytesToTarget),
      toClient: rate(session.bytesToClient, earlier?.bytesToClient),
    };
  }
}

function keyOf({ flow, source, endpoint, started }: SessionAnswer): string {
  return `${flow} ${source} ${endpoint} ${started}`;
}
