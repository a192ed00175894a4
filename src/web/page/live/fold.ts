/**
 * An overview, and what happened since: the overview of now.
 *
 * Pure. Only the depots that something happened in are new objects, so that only their tiles are drawn again.
 */
import type {
  DepotOverview,
  EndedOverview,
  FlowOverview,
  FlowState,
  OverviewAnswer,
  RecentRefusal,
  SessionOverview,
  StreamEvents,
} from "../answers.ts";
import type { FlowPlaces } from "./flow-places.ts";
import type { LiveEvent } from "./live-event.ts";

type Began = StreamEvents["began"];
type Ended = StreamEvents["ended"];
type Refused = StreamEvents["refused"];

/** A flow with what it goes back to once nobody is inside. */
export interface LiveFlow extends FlowOverview {
  readonly resting?: Resting;
}

interface Resting {
  readonly state: FlowState;
  readonly since?: number;
  readonly cause?: string;
}

/** Bounds of the lists, as the gateway has them. */
const INSIDE = 200;
const RECENT = 20;
const REFUSALS = 50;
const REFUSALS_SINCE = 15 * 60_000;

export function folded(overview: OverviewAnswer, events: readonly LiveEvent[], places: FlowPlaces): OverviewAnswer {
  if (events.length === 0) return overview;
  const draft = new Draft(overview, places);
  for (const event of events) draft.take(event);
  return draft.finished();
}

class Draft {
  readonly #before: OverviewAnswer;
  readonly #places: FlowPlaces;
  readonly #flows = new Map<string, LiveFlow>();
  readonly #ended = new Set<number>();
  #began: SessionOverview[] = [];
  #recent: EndedOverview[] = [];
  #refused: Refused[] = [];
  #open = 0;
  #sessions = 0;
  #last: string;

  constructor(overview: OverviewAnswer, places: FlowPlaces) {
    this.#before = overview;
    this.#places = places;
    this.#last = overview.events;
  }

  take(event: LiveEvent): void {
    this.#last = event.id;
    if (event.event === "began") this.#begin(event.data);
    else if (event.event === "ended") this.#end(event.data);
    else if (event.event === "refused") this.#refused.push(event.data);
    else if (event.event === "health") this.#change(event.data.flow, (flow) => heard(flow, event.data));
    else if (event.event === "door" && event.data.state === "blocked")
      this.#change(event.data.flow, (flow) => ({ ...flow, state: "blocked" }));
  }

  finished(): OverviewAnswer {
    const before = this.#before;
    const refusals = this.#refused.reduce((sum, { count }) => sum + count, 0);
    const goneOrNew = this.#ended.size > 0 || this.#began.length > 0;
    return {
      ...before,
      events: this.#last,
      sessions: { ...before.sessions, open: Math.max(0, before.sessions.open + this.#open) },
      counts: { sessions: before.counts.sessions + this.#sessions, refusals: before.counts.refusals + refusals },
      depots: this.#depots(),
      others: before.others.map((flow) => this.#flows.get(flow.flow) ?? flow),
      inside: goneOrNew ? this.#inside() : before.inside,
      recent:
        this.#recent.length === 0 ? before.recent : [...this.#recent.toReversed(), ...before.recent].slice(0, RECENT),
      refusals: this.#refused.length === 0 ? before.refusals : withRefusals(before.refusals, this.#refused),
    };
  }

  #begin({ session, flow, source, rule, started }: Began): void {
    this.#open += 1;
    this.#sessions += 1;
    const base = { session, flow, source, rule, started, phase: "open", leaving: false } as const;
    this.#began.push({ ...base, bytesToTarget: 0, bytesToClient: 0 });
    this.#change(flow, (its) => entered(its, started));
  }

  #end(event: Ended): void {
    const { flow, source, outcome, by, cause, started, duration, bytesToTarget, bytesToClient } = event;
    this.#open -= 1;
    this.#ended.add(event.session);
    const at = Math.round(started + duration);
    const why = cause === undefined ? {} : { cause };
    this.#recent.push({ flow, source, outcome, by, ...why, at, duration, bytesToTarget, bytesToClient });
    this.#change(flow, (its) => left(its, event, at));
  }

  #change(id: string, how: (flow: LiveFlow) => LiveFlow): void {
    const flow = this.#flows.get(id) ?? this.#find(id);
    if (flow !== undefined) this.#flows.set(id, how(flow));
  }

  #find(id: string): LiveFlow | undefined {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const list = place.row === undefined ? this.#before.others : this.#before.depots[place.row]?.terminals;
    return list?.[place.column];
  }

  #depots(): readonly DepotOverview[] {
    const depots = [...this.#before.depots];
    const copied = new Map<number, FlowOverview[]>();
    for (const [id, flow] of this.#flows) {
      const place = this.#places.get(id);
      const depot = place?.row === undefined ? undefined : depots[place.row];
      if (place?.row === undefined || depot === undefined) continue;
      const terminals = copied.get(place.row) ?? [...depot.terminals];
      terminals[place.column] = flow;
      if (!copied.has(place.row)) depots[place.row] = { ...depot, terminals };
      copied.set(place.row, terminals);
    }
    return copied.size === 0 ? this.#before.depots : depots;
  }

  #inside(): readonly SessionOverview[] {
    const known = new Set(this.#before.inside.map(({ session }) => session));
    const all = [...this.#before.inside, ...this.#began.filter(({ session }) => !known.has(session))];
    return all.filter(({ session }) => !this.#ended.has(session)).slice(0, INSIDE);
  }
}

const atRest = ({ state }: FlowOverview): boolean => state === "down" || state === "free" || state === "unheard";

function restingOf({ state, since, cause }: FlowOverview): Resting {
  return { state, ...(since === undefined ? {} : { since }), ...(cause === undefined ? {} : { cause }) };
}

function entered(flow: LiveFlow, started: number): LiveFlow {
  const sessions = flow.sessions + 1;
  if (!atRest(flow)) return { ...flow, sessions };
  const { cause: _, ...rest } = flow;
  return { ...rest, sessions, state: "in-session", since: started, resting: restingOf(flow) };
}

function left(flow: LiveFlow, ended: Ended, at: number): LiveFlow {
  const sessions = Math.max(0, flow.sessions - 1);
  const resting = restingAfter(flow.resting, ended, at);
  const after = resting === undefined ? { ...flow, sessions } : { ...flow, sessions, resting };
  return sessions === 0 && flow.state === "in-session" ? rested(after) : after;
}

/** A terminal that took bytes is up; one that could not be dialled is down; the rest tells nothing of it. */
function restingAfter(before: Resting | undefined, ended: Ended, at: number): Resting | undefined {
  const { outcome, cause, bytesToTarget, bytesToClient } = ended;
  if (outcome === "dial-failed") {
    const since = before?.state === "down" ? (before.since ?? at) : at;
    return { state: "down", since, ...(cause === undefined ? {} : { cause }) };
  }
  if (bytesToTarget + bytesToClient === 0 || before?.state === "free") return before;
  return { state: "free", since: at };
}

function heard(flow: LiveFlow, { state, since, cause }: StreamEvents["health"]): LiveFlow {
  const why = cause === undefined ? {} : { cause };
  const resting: Resting = state === "up" ? { state: "free", since } : { state: "down", since, ...why };
  const told = { ...flow, resting };
  return atRest(flow) ? rested(told) : told;
}

function rested(flow: LiveFlow): LiveFlow {
  const { since: _, cause: __, ...rest } = flow;
  return { ...rest, state: "unheard", ...flow.resting };
}

/** One entry for each source, flow and reason; the latest first, and none from before the last quarter of an hour. */
function withRefusals(before: readonly RecentRefusal[], refused: readonly Refused[]): readonly RecentRefusal[] {
  const keyOf = ({ source, flow, reason }: Pick<Refused, "source" | "flow" | "reason">): string =>
    JSON.stringify([source, flow, reason]);
  const all = new Map(before.map((each) => [keyOf(each), each]));
  for (const { source, flow, reason, count, at } of refused) {
    const key = keyOf({ source, flow, reason });
    const known = all.get(key);
    all.set(key, { source, flow, reason, count: (known?.count ?? 0) + count, first: known?.first ?? at, last: at });
  }
  const since = Math.max(...refused.map(({ at }) => at)) - REFUSALS_SINCE;
  const recent = [...all.values()].filter(({ last }) => last >= since);
  return recent.toSorted((a, b) => b.last - a.last).slice(0, REFUSALS);
}
