/**
 * The table of metrics: what each is called, what it means, and how it follows from what was observed.
 *
 * `docs/metrics.md` describes each, and a test compares both ways; what is rendered for Prometheus and Grafana may use no
 * other. Per flow there are three series, whatever happens; per source address there is none, for anybody can bring
 * addresses.
 */
import { OUTCOMES, type Outcome, type Refusal } from "../engine/records.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import type { DistributionValues } from "./distribution.ts";
import type { Observed } from "./observed.ts";

interface Described {
  /** As it is asked for: a counter's with `_total`, an info's with `_info`. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
  readonly unit?: "seconds" | "bytes";
}

export type Metric = Described &
  (
    | { readonly type: "counter" | "gauge" | "info"; readonly samples: (observed: Observed) => Iterable<Sample> }
    | { readonly type: "histogram"; readonly values: (observed: Observed) => DistributionValues }
  );

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export type Labels = Readonly<Record<string, string>>;

export const METRICS: readonly Metric[] = [
  {
    name: "ecluse_flow_state",
    type: "gauge",
    labels: ["flow", "depot", "state"],
    help: "1, with the flow's present state: open, blocked (a door of it cannot be opened), draining or closed",
    samples: flowStates,
  },
  {
    name: "ecluse_flow_sessions",
    type: "gauge",
    labels: ["flow", "depot"],
    help: "Sessions at a flow now, from accept to outcome",
    samples: flowSessions,
  },
  {
    name: "ecluse_flow_sessions_ended_total",
    type: "counter",
    labels: ["flow", "depot"],
    help: "Sessions at a flow that have ended, however",
    samples: flowSessionsEnded,
  },
  {
    name: "ecluse_sessions",
    type: "gauge",
    labels: ["phase"],
    help: "Sessions now: waiting in a terminal's line, dialling it, or open",
    samples: ({ sessions }) =>
      ["waiting", "dialling", "open"].map((phase) => ({
        labels: { phase },
        value: sessions.filter((session) => session.phase === phase).length,
      })),
  },
  {
    name: "ecluse_sessions_limit",
    type: "gauge",
    labels: [],
    help: "Sessions that the inventory allows at once",
    samples: ({ policy }) => only(policy.limits.sessions),
  },
  {
    name: "ecluse_sessions_ended_total",
    type: "counter",
    labels: ["outcome"],
    help: "Sessions that have ended, by outcome",
    samples: ({ counters: { ended } }) =>
      outcomesOfSessions().map((outcome) => ({ labels: { outcome }, value: ended[outcome] ?? 0 })),
  },
  {
    name: "ecluse_session_duration_seconds",
    type: "histogram",
    unit: "seconds",
    labels: [],
    help: "How long sessions lasted that have ended, from accept to outcome",
    values: ({ counters }) => counters.session,
  },
  {
    name: "ecluse_dial_duration_seconds",
    type: "histogram",
    unit: "seconds",
    labels: [],
    help: "How long targets took to accept a connection, of the sessions that have ended; those that did not are not in it",
    values: ({ counters }) => counters.dial,
  },
  {
    name: "ecluse_relayed_bytes_total",
    type: "counter",
    unit: "bytes",
    labels: ["direction"],
    help: "Bytes relayed, to_target or to_client, those of open sessions included",
    samples: relayedBytes,
  },
  {
    name: "ecluse_refusals_total",
    type: "counter",
    labels: ["outcome", "reason"],
    help: "Connections that were not let in, by outcome and reason",
    samples: ({ counters: { refused } }) =>
      Object.entries(REFUSALS).map(([reason, outcome]) => ({
        labels: { outcome, reason },
        value: refused[reason] ?? 0,
      })),
  },
  {
    name: "ecluse_doors",
    type: "gauge",
    labels: ["state"],
    help: "Doors that are open, and those that are blocked: they cannot be opened, and are tried again",
    samples: ({ policy, blocked }) => [
      { labels: { state: "open" }, value: policy.doors.size - blocked.length },
      { labels: { state: "blocked" }, value: blocked.length },
    ],
  },
  {
    name: "ecluse_shield_state",
    type: "gauge",
    labels: ["state"],
    help: "1, with the shield's present state: off (nobody asks for it), up, down, or stuck (it may shut out who may come)",
    samples: ({ shield }) => [{ labels: { state: shield }, value: 1 }],
  },
  {
    name: "ecluse_grants_expiring",
    type: "gauge",
    labels: [],
    help: "Rights of a source at a flow that end within 24 hours",
    samples: (observed) => only(grantsExpiring(observed)),
  },
  {
    name: "ecluse_inventory_info",
    type: "info",
    labels: ["number", "hash"],
    help: "The inventory in force: its number in the history, and the first 12 digits of its SHA-256",
    samples: ({ inventory: { number, hash } }) => [
      { labels: { number: String(number), hash: hash.slice(0, 12) }, value: 1 },
    ],
  },
  {
    name: "ecluse_build_info",
    type: "info",
    labels: ["version"],
    help: "The program's version",
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: "ecluse_event_loop_delay_seconds",
    type: "histogram",
    unit: "seconds",
    labels: [],
    help: "How long what happens at any moment waits until the process gets to it",
    values: ({ loopDelay }) => loopDelay,
  },
  {
    name: "ecluse_descriptors_open",
    type: "gauge",
    labels: [],
    help: "Files and sockets that the process has open",
    samples: ({ descriptors: { open } }) => (open === undefined ? [] : only(open)),
  },
  {
    name: "ecluse_descriptors_limit",
    type: "gauge",
    labels: [],
    help: "Files and sockets that the process may have open",
    samples: ({ descriptors: { limit } }) => only(limit),
  },
  {
    name: "ecluse_resident_memory_bytes",
    type: "gauge",
    unit: "bytes",
    labels: [],
    help: "Memory that the process has",
    samples: ({ memory }) => only(memory),
  },
  {
    name: "ecluse_journal_failing",
    type: "gauge",
    labels: [],
    help: "1: the journal cannot be written now; 0: it can",
    samples: ({ journal: { state } }) => only(state === "failing" ? 1 : 0),
  },
  {
    name: "ecluse_journal_waiting",
    type: "gauge",
    labels: ["kind"],
    help: "Rows that wait to be written: sessions, refusals or changes",
    samples: ({ journal: { waiting } }) => byKind(waiting),
  },
  {
    name: "ecluse_journal_dropped_total",
    type: "counter",
    labels: ["kind"],
    help: "Rows that the journal has lost: sessions, refusals or changes",
    samples: ({ journal: { dropped } }) => byKind(dropped),
  },
];

/** Each reason for which nobody is let in, and the outcome that it is. */
const REFUSALS: Readonly<Record<Refusal["reason"], Refusal["outcome"]>> = {
  "not-listed": "denied",
  expired: "denied",
  closed: "denied",
  "no-door": "denied",
  "no-address": "denied",
  "not-a-balancer": "denied",
  shielded: "denied",
  terminal: "busy",
  source: "overload",
  sessions: "overload",
  descriptors: "overload",
  malformed: "bad-proxy-header",
  checksum: "bad-proxy-header",
  "not-ipv4": "bad-proxy-header",
  "unusable-source": "bad-proxy-header",
  incomplete: "bad-proxy-header",
};

const DAY = 86_400_000;

function only(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

function byKind(rows: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(rows).map(([kind, value]) => ({ labels: { kind }, value }));
}

/** The others are those of refusals: nobody was inside. */
function outcomesOfSessions(): readonly Outcome[] {
  const refusals: ReadonlySet<string> = new Set(Object.values(REFUSALS));
  return OUTCOMES.filter((outcome) => !refusals.has(outcome));
}

function relayed(flows: Observed["policy"]["flows"]): readonly RelayedFlow[] {
  return flows.filter((flow) => flow.kind === "relayed");
}

function flowLabels({ id, position }: RelayedFlow): Labels {
  return position === undefined ? { flow: id } : { flow: id, depot: String(position.depot) };
}

function* flowStates({ policy, blocked }: Observed): Iterable<Sample> {
  const isBlocked = new Set(blocked.map(({ flow }) => flow));
  for (const flow of relayed(policy.flows)) {
    const state = flow.standing ?? (isBlocked.has(flow.id) ? "blocked" : "open");
    yield { labels: { ...flowLabels(flow), state }, value: 1 };
  }
}

function* flowSessions({ policy, sessions }: Observed): Iterable<Sample> {
  const inside = new Map<string, number>();
  for (const { flow } of sessions) inside.set(flow, (inside.get(flow) ?? 0) + 1);
  for (const flow of relayed(policy.flows)) yield { labels: flowLabels(flow), value: inside.get(flow.id) ?? 0 };
}

function* flowSessionsEnded({ policy, counters: { flows } }: Observed): Iterable<Sample> {
  for (const flow of relayed(policy.flows)) yield { labels: flowLabels(flow), value: flows[flow.id] ?? 0 };
}

function relayedBytes({ counters: { bytes }, sessions }: Observed): readonly Sample[] {
  const inside = (of: "bytesToTarget" | "bytesToClient"): number =>
    sessions.reduce((sum, session) => sum + session[of], 0);
  return [
    { labels: { direction: "to_target" }, value: bytes.toTarget + inside("bytesToTarget") },
    { labels: { direction: "to_client" }, value: bytes.toClient + inside("bytesToClient") },
  ];
}

function grantsExpiring({ policy, now }: Observed): number {
  return policy.flows.reduce(
    (sum, { grants }) =>
      sum + grants.filter(({ until }) => until !== undefined && now < until && until <= now + DAY).length,
    0,
  );
}
