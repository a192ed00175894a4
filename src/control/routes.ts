/**
 * The control API, as a table: what can be asked of a running gateway, and what may be changed.
 *
 * The server answers exactly these, the client calls exactly these, and the OpenAPI description is made from them.
 * Parameters are flat: text, whole numbers and switches; in the query of a GET, in the JSON body of a POST.
 */

export interface Parameter {
  readonly kind: "text" | "number" | "switch";
  readonly required?: boolean;
  readonly description: string;
  /** A request's header that says the same, in small letters. */
  readonly header?: string;
}

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** The media type of an answer that is text, which its handler gives in parts; absent: it is JSON. */
  readonly text?: string;
  /** The media type of an answer that does not end: its handler answers `Streamed`. */
  readonly stream?: string;
}

const select = {
  kind: "text",
  description: "a selector: 22/1, depot22, 12201, a glob; absent: all",
} as const satisfies Parameter;
const selectRequired = {
  ...select,
  required: true,
  description: "a selector: 22/1, depot22, 12201, *",
} as const satisfies Parameter;
const author = { kind: "text", required: true, description: "who asks, for the journal" } as const satisfies Parameter;
const reason = { kind: "text", description: "why, for the journal and the documents" } as const satisfies Parameter;
const from = {
  kind: "number",
  description: "from this instant on, in milliseconds since the epoch",
} as const satisfies Parameter;
const to = {
  kind: "number",
  description: "before this instant, in milliseconds since the epoch",
} as const satisfies Parameter;
const limit = { kind: "number", description: "rows at most" } as const satisfies Parameter;

export const ROUTES = {
  status: {
    method: "GET",
    path: "/v1/status",
    summary: "What runs: inventory, doors, sessions, what is blocked, pending, closed or about to expire",
    parameters: { select },
  },
  overview: {
    method: "GET",
    path: "/v1/overview",
    summary: "One snapshot for a first screen: every flow in a word, sessions, refusals, what needs attention",
    parameters: { select },
  },
  events: {
    method: "GET",
    path: "/v1/events",
    summary: "What happens, as it happens, until whoever asked leaves; may be taken up again after any event",
    parameters: {
      after: {
        kind: "text",
        header: "last-event-id",
        description: "the id of the last event that is known; absent: from now on. Also as the header Last-Event-ID",
      },
    },
    stream: "text/event-stream",
  },
  flow: {
    method: "GET",
    path: "/v1/flow",
    summary: "Everything about one relayed flow: who may enter, how it is, who is and was inside",
    parameters: { select: { ...selectRequired, description: "a selector that names one: 22/1, 12201" } },
  },
  metrics: {
    method: "GET",
    path: "/v1/metrics",
    summary: "Counts and states for Prometheus: docs/metrics.md",
    parameters: {},
    text: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  },
  sessions: {
    method: "GET",
    path: "/v1/sessions",
    summary: "The sessions open now",
    parameters: { select },
  },
  health: {
    method: "GET",
    path: "/v1/health",
    summary: "What sessions and probes have told of the terminals, and what that amounts to",
    parameters: { select },
  },
  probe: {
    method: "POST",
    path: "/v1/probe",
    summary: "Look whether one terminal can be reached, as its inventory allows; never beside a session",
    parameters: { select: selectRequired },
  },
  history: {
    method: "GET",
    path: "/v1/history",
    summary: "The inventories that were applied, newest first",
    parameters: {},
  },
  inventory: {
    method: "GET",
    path: "/v1/inventory",
    summary: "The inventory in force, as its files were read",
    parameters: {},
  },
  plan: {
    method: "GET",
    path: "/v1/plan",
    summary: "What applying the inventory file would change, as access; changes nothing",
    parameters: {
      number: { kind: "number", description: "compare with this entry of the history instead of the file" },
    },
  },
  apply: {
    method: "POST",
    path: "/v1/apply",
    summary: "Apply the inventory file: whole, or not at all",
    parameters: {
      author,
      note: { kind: "text", description: "what for" },
      confirm: { kind: "number", description: "roll back by itself unless confirmed within so many milliseconds" },
    },
  },
  confirm: {
    method: "POST",
    path: "/v1/confirm",
    summary: "Keep what was applied on probation",
    parameters: { author },
  },
  rollback: {
    method: "POST",
    path: "/v1/rollback",
    summary: "Apply an earlier inventory of the history again",
    parameters: { author, number: { kind: "number", description: "its number; absent: the one before" } },
  },
  grants: {
    method: "GET",
    path: "/v1/grants",
    summary: "The temporary grants in force, and those set aside",
    parameters: {},
  },
  grant: {
    method: "POST",
    path: "/v1/grants",
    summary: "Let a source in for a while",
    parameters: {
      author,
      source: { kind: "text", required: true, description: "a source of the inventory, an address or a network" },
      select: selectRequired,
      for: { kind: "number", required: true, description: "for so many milliseconds" },
      reason: { ...reason, required: true },
    },
  },
  revoke: {
    method: "POST",
    path: "/v1/revoke",
    summary: "End a temporary grant before its time",
    parameters: { author, id: { kind: "text", required: true, description: "the grant's id" } },
  },
  operate: {
    method: "POST",
    path: "/v1/operate",
    summary: "Drain, close or open flows",
    parameters: {
      author,
      select: selectRequired,
      to: {
        kind: "text",
        required: true,
        description: "draining: nothing new enters; closed: and those inside end; open",
      },
      reason,
    },
  },
  journal: {
    method: "GET",
    path: "/v1/journal",
    summary: "Sessions that have ended, newest first",
    parameters: {
      select,
      source: { kind: "text", description: "an IPv4 address" },
      outcome: { kind: "text", description: "one of the outcomes" },
      from,
      to,
      limit,
    },
  },
  refusals: {
    method: "GET",
    path: "/v1/refusals",
    summary: "Who was refused, how often; most first",
    parameters: { by: { kind: "text", description: "source or flow" }, from, to, limit },
  },
  activity: {
    method: "GET",
    path: "/v1/activity",
    summary: "Sessions that ended, by outcome, and refusals, counted in stretches of time: for charts",
    parameters: {
      select,
      from: { ...from, description: `${from.description}; absent: a day before the end` },
      to: { ...to, description: `${to.description}; absent: now` },
      step: { kind: "number", description: "the length of a stretch in milliseconds; absent: a hundredth of the time" },
    },
  },
  usage: {
    method: "GET",
    path: "/v1/usage",
    summary: "Grants and when they were last used",
    parameters: { days: { kind: "number", description: "only those not used in so many days" } },
  },
  changes: {
    method: "GET",
    path: "/v1/changes",
    summary: "What was changed, when and by whom",
    parameters: { from, to, limit },
  },
  verify: {
    method: "GET",
    path: "/v1/verify",
    summary: "Whether the chain of change records is unbroken",
    parameters: {},
  },
  takeOver: {
    method: "POST",
    path: "/v1/take-over",
    summary: "Start the program anew, as it is on the disk, and hand the doors over to it",
    parameters: {
      author,
      within: { kind: "number", description: "the new process has so many milliseconds to be ready" },
    },
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;

/** The routes that do not end. */
export type StreamName = {
  readonly [Name in RouteName]: (typeof ROUTES)[Name] extends { readonly stream: string } ? Name : never;
}[RouteName];

type Value<Kind> = Kind extends "number" ? number : Kind extends "switch" ? boolean : string;

/** The parameters of a route, read and of the right kind. */
export type Parameters<Name extends RouteName> = {
  readonly [Key in keyof (typeof ROUTES)[Name]["parameters"]]: (typeof ROUTES)[Name]["parameters"][Key] extends {
    readonly kind: infer Kind;
    readonly required: true;
  }
    ? Value<Kind>
    : (typeof ROUTES)[Name]["parameters"][Key] extends { readonly kind: infer Kind }
      ? Value<Kind> | undefined
      : never;
};

/**
 * What answers: one function per route. Answers are plain data, parts of a text, or `Streamed`. Throws `EcluseError` for what the
 * caller can mend.
 */
export type Handlers = { readonly [Name in RouteName]: (parameters: Parameters<Name>) => Promise<unknown> };
