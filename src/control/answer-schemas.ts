/**
 * What each route answers, as JSON Schema (2020-12, the dialect of OpenAPI 3.1).
 *
 * Written by hand beside `src/answers`, for this room knows no other; a test holds real answers of a running gateway
 * against it, and nothing may be in them that does not stand here.
 */
import { DASHBOARD_PARTS, activity, flow, overview } from "./dashboard-schemas.ts";
import {
  type Schema,
  OUTCOMES,
  address,
  endpoint,
  instant,
  isoInstant,
  list,
  milliseconds,
  object,
  oneOf,
  orNull,
  part,
  probing,
  said,
  text,
  whole,
  yes,
} from "./json-schema.ts";
import type { RouteName } from "./routes.ts";

const flows = list(said("a flow's id"));

/** Sessions of the engine and of the journal have these in common. */
const session = {
  ...{ flow: said("a flow's id"), source: address, endpoint, target: endpoint },
  rule: said("the source whose grant let it in"),
  ...{ started: isoInstant, duration: milliseconds, bytesToTarget: whole, bytesToClient: whole },
};

/** What sessions and probes tell of a terminal. */
const heard = { state: oneOf("up", "down"), since: instant, heard: instant, by: oneOf("session", "probe") };
const whyDown = { cause: said("why it is down: the system's error code, connect, or mute") };

/** What `plan` may say of a flow besides who enters it. */
const SETTINGS = [
  "kind",
  "sessions",
  "queue",
  "onRevoke",
  "acceptProxy",
  "sendProxy",
  "probe",
  "listens",
  "shield",
  "engine",
];

const counts = object({ sessions: whole, refusals: whole, changes: whole });

/** Parts that several answers share, or that deserve a name: `#/components/schemas/NAME`. */
export const PARTS: Readonly<Record<string, Schema>> = {
  Applied: object(
    { number: whole, at: instant, author: text, hash: said("SHA-256 of the inventory's files") },
    {
      note: text,
      confirm: object({ rollbackTo: whole, within: milliseconds, deadline: instant }, { confirmedAt: instant }),
    },
  ),
  Pending: object({ number: whole, rollbackTo: whole, within: milliseconds, deadline: instant }),
  Door: object({ event: oneOf("blocked", "unblocked"), flow: text, endpoint, message: text }),
  Health: object(heard, whyDown),
  Trouble: {
    oneOf: [
      object({ what: { const: "depot-down" }, depot: whole, since: instant, flows }),
      object({ what: { const: "terminal-down" }, flow: text, since: instant, cause: text }),
    ],
  },
  Operation: object({ flow: text, state: oneOf("closed", "draining"), by: text, at: instant }, { reason: text }),
  Grant: object({ id: text, source: text, flows, until: instant, reason: text, by: text, at: instant }),
  Grants: object({
    list: list(part("Grant")),
    aside: list(object({ grant: part("Grant"), flows, why: oneOf("no-such-source", "no-such-flow") })),
  }),
  Session: object({ ...session, phase: oneOf("waiting", "dialling", "open"), leaving: yes }),
  EndedSession: object({
    ...{ id: text, ended: isoInstant, ...session },
    ...{ outcome: oneOf(...OUTCOMES), by: oneOf("client", "target", "gateway"), cause: orNull(text) },
  }),
  ...DASHBOARD_PARTS,
  Gap: object({ from: isoInstant, to: isoInstant, sessions: whole, refusals: whole, changes: whole, why: text }),
  Refusals: object({
    ...{ source: orNull(address), flow: orNull(text), count: whole, first: isoInstant, last: isoInstant },
    reasons: said("reason: count, ..."),
  }),
  ChangeRecord: object({
    ...{ seq: whole, at: isoInstant, by: text, action: text, subject: text },
    detail: said("JSON, or nothing"),
    hash: said("SHA-256 of this record and the hash of the one before"),
  }),
  ChainPlace: object({ seq: whole, hash: text }),
  JournalHealth: object(
    {
      state: oneOf("opening", "writing", "failing", "closed"),
      ...{ waiting: counts, dropped: counts, setAside: list(text), crashes: whole, file: text },
    },
    {
      lastError: object({ at: instant, message: text }),
      ...{ failingSince: instant, lastWritten: instant },
      stored: object({ bytes: whole, rows: counts, head: part("ChainPlace") }),
    },
  ),
  Finding: object({
    code: said("docs/findings.md"),
    severity: oneOf("error", "warning", "notice"),
    place: object({ file: text, line: whole, column: whole }),
    ...{ message: text, hint: text },
  }),
  DoorSide: object({ endpoint, flow: text, target: text }),
  PolicyChange: policyChange(),
};

function policyChange(): Schema {
  const side = object({ flow: text, target: text });
  const reach = { source: text, networks: list(text), flows };
  const value: Schema = { type: ["string", "integer", "null"] };
  return object({
    flows: object({ added: flows, removed: flows, renamed: list(object({ before: text, after: text })) }),
    doors: object({
      opened: list(part("DoorSide")),
      closed: list(part("DoorSide")),
      redirected: list(object({ endpoint, before: side, after: side })),
    }),
    access: list({
      anyOf: [
        object({ what: oneOf("gained", "lost"), ...reach }, { until: isoInstant }),
        object(
          { what: oneOf("ends-sooner", "ends-later", "gets-end", "loses-end"), ...reach },
          { before: isoInstant, after: isoInstant },
        ),
      ],
    }),
    rules: list(object({ before: text, after: text, networks: list(text), flows })),
    settings: list(object({ setting: oneOf(...SETTINGS), before: value, after: value, flows })),
    limits: list(object({ limit: text, before: whole, after: whole })),
  });
}

/** What the stream tells; each event is one JSON object. */
const EVENTS = `Server-Sent Events: began, ended, refused, changed, health, door, shield, lost. After lost, ask for the overview again.`;

const change = {
  changes: { ...yes, description: "whether anything changes" },
  lines: { ...list(text), description: "the change in words" },
  change: part("PolicyChange"),
};

export const ANSWERS: Readonly<Record<RouteName, Schema>> = {
  health: object({
    flows: list(object({ flow: said("a flow's id"), probe: probing }, { ...heard, ...whyDown })),
    troubles: list(part("Trouble")),
  }),
  overview: overview(),
  flow: flow(),
  events: said(EVENTS),
  inventory: object({ entry: part("Applied"), files: list(object({ file: text, text })) }),
  activity: activity(),
  probe: object(
    {
      flow: said("the flow's id"),
      outcome: oneOf("reached", "answered", "mute", "failed", "busy", "gave-way", "forbidden"),
      duration: milliseconds,
    },
    { cause: said("the system's error code, or connect: not within the connect limit") },
  ),
  status: object({
    ...{ now: instant, inventory: part("Applied"), pending: orNull(part("Pending")), flows: whole },
    doors: object({ open: whole, blocked: list(part("Door")) }),
    sessions: object({
      ...{ open: whole, most: whole },
      elsewhere: { ...whole, description: "of those open, how many the process before this one still carries" },
    }),
    counts: {
      ...object({ sessions: whole, refusals: whole }),
      description: "let in and refused since this process began, at all its doors",
    },
    ...{ operations: list(part("Operation")), grants: part("Grants"), journal: part("JournalHealth") },
    health: object({ up: whole, down: whole, unheard: whole, troubles: list(part("Trouble")) }),
    shield: object(
      { state: { ...oneOf("off", "up", "down", "stuck"), description: "the kernel's part in refusing" } },
      { answer: oneOf("reset", "drop"), message: text, hint: text },
    ),
  }),
  metrics: said("OpenMetrics 1.0.0"),
  sessions: list(part("Session")),
  history: list({ anyOf: [part("Applied"), object({ number: whole, damaged: text })] }),
  plan: object({
    ...change,
    valid: { ...yes, description: "false: it has errors, and nothing would be applied" },
    findings: list(part("Finding")),
    files: list(object({ file: text, text })),
    sessions: { ...whole, description: "open sessions that lose their right" },
  }),
  apply: object({ ...change, applied: yes, number: whole, pending: orNull(part("Pending")) }),
  confirm: object({ number: whole }),
  rollback: object({ ...change, number: whole }),
  grants: part("Grants"),
  grant: part("Grant"),
  revoke: object({ id: text }),
  operate: object({ state: oneOf("open", "closed", "draining"), flows }),
  journal: object({ rows: list(part("EndedSession")), gaps: list(part("Gap")), more: yes }),
  refusals: list(part("Refusals")),
  usage: object({ since: instant, from: instant, unused: list(object({ flow: text, source: text })) }),
  changes: object({ rows: list(part("ChangeRecord")), next: orNull(whole) }),
  takeOver: object({
    from: { ...whole, description: "the process that was asked" },
    to: { ...whole, description: "the process that serves now" },
    version: said("the new program's"),
    sessions: { ...whole, description: "those that the old process carries to their end" },
  }),
  verify: {
    anyOf: [
      object({ sound: { const: true }, checked: whole, anchor: part("ChainPlace"), head: part("ChainPlace") }),
      object({
        ...{ sound: { const: false }, checked: whole },
        broken: object({ seq: whole, problem: oneOf("altered", "missing", "head", "kept-head") }),
      }),
    ],
  },
};
