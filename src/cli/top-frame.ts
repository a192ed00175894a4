/** What `ecluse top` shows at one moment: two answers of the gateway, and what went on between them. Pure. */
import type { FlowState } from "../answers/flow-state.ts";
import type { OverviewAnswer } from "../answers/overview.ts";
import type { SessionAnswer } from "../answers/sessions.ts";

/** What the gateway answered. */
export interface TopAnswer {
  /** When, in milliseconds by a monotonic clock. */
  readonly at: number;
  readonly overview: OverviewAnswer;
  readonly sessions: readonly SessionAnswer[];
}

/** Of thousands of flows, how many are how. */
export interface TopOverview extends Omit<OverviewAnswer, "depots" | "others" | "inside" | "recent"> {
  readonly states: Readonly<Record<FlowState, number>>;
}

export interface TopFrame {
  readonly overview: TopOverview;
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
export function topFrame(before: TopAnswer | undefined, { at, overview: whole, sessions }: TopAnswer): TopFrame {
  const overview = summedUp(whole);
  const seconds = before === undefined ? 0 : (at - before.at) / 1_000;
  if (before === undefined || seconds <= 0 || beganAnew(before.overview.counts, overview.counts)) {
    return { overview, perSecond: null, sessions: sessions.map((session) => ({ ...session, perSecond: null })) };
  }
  const known = new Known(before.sessions);
  const rated = sessions.map((session) => ({ ...session, perSecond: known.rate(session, seconds) }));
  const sum = (way: "toTarget" | "toClient"): number => rated.reduce((all, { perSecond }) => all + perSecond[way], 0);
  const since = (what: "sessions" | "refusals"): number =>
    (overview.counts[what] - before.overview.counts[what]) / seconds;
  return {
    overview,
    perSecond: {
      sessions: since("sessions"),
      refusals: since("refusals"),
      toTarget: sum("toTarget"),
      toClient: sum("toClient"),
    },
    sessions: rated,
  };
}

function summedUp({ depots, others, inside: _inside, recent: _recent, ...overview }: OverviewAnswer): TopOverview {
  const states = { blocked: 0, closed: 0, draining: 0, "in-session": 0, down: 0, free: 0, unheard: 0 };
  for (const { state } of [...depots.flatMap(({ terminals }) => terminals), ...others]) states[state] += 1;
  return { ...overview, states };
}

/** The counts only grow while a gateway lives. */
function beganAnew(before: OverviewAnswer["counts"], after: OverviewAnswer["counts"]): boolean {
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
