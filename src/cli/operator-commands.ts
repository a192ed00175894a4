/** The commands that speak to a running gateway; a part of the table in `commands.ts`. */
import type { Command, Operand, Option } from "./command.ts";
import { json, running, runningOrNot, stretch } from "./options.ts";

const some: Operand = {
  name: "SELECTOR",
  description: "only these flows (depot22, 22/1, 12201, a glob)",
  required: false,
};
const which: Operand = {
  name: "SELECTOR",
  description: "which flows (depot22, 22/1, 12201, a glob); '*': all",
  required: true,
};
const reason: Option = { name: "reason", value: "TEXT", description: "why: for the journal and the documents" };
const limit: Option = { name: "limit", value: "N", description: "rows at most, 1 to 1000 (default: 100)" };
const csv: Option = { name: "csv", description: "print data as CSV" };

export const OPERATOR_COMMANDS: readonly Command[] = [
  {
    name: "status",
    summary: "what runs: inventory, doors, sessions, and what needs attention",
    operands: [some],
    options: [
      ...running,
      { name: "host", description: "what this host says instead: units, containers, firewall, tunnel, routes" },
      json,
    ],
    example: "ecluse status",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "sessions",
    summary: "list the sessions that are open now",
    operands: [some],
    options: [...running, json],
    example: "ecluse sessions depot22",
    load: () => import("./commands/sessions.ts"),
  },
  {
    name: "probe",
    summary: "look whether terminals can be reached, never beside a session",
    operands: [some],
    options: [...running, json],
    example: "ecluse probe depot22",
    load: () => import("./commands/probe.ts"),
  },
  {
    name: "top",
    summary: "watch what goes on: doors, sessions, bytes per second",
    operands: [some],
    options: [
      ...running,
      { name: "every", value: "DURATION", description: "how often to look, from 100ms to 1h (default: 1s)" },
      { name: "count", value: "N", description: "print so many frames instead of a screen (default: 1)" },
      json,
    ],
    example: "ecluse top depot22",
    load: () => import("./commands/top.ts"),
  },
  {
    name: "events",
    summary: "follow what happens: sessions, refusals, changes, terminals that go down or come back",
    operands: [some],
    options: [...running, json],
    example: "ecluse events depot22",
    load: () => import("./commands/events.ts"),
  },
  {
    name: "dashboard",
    summary: "serve the pages that people keep open: every terminal, who is refused, what needs attention",
    options: [
      ...runningOrNot,
      {
        name: "listen",
        value: "ADDRESS:PORT",
        description: "where, on loopback (default: gateway.dashboard, else 127.0.0.1:8080)",
      },
      { name: "new-token", description: "make a new token first: the old one and its logins end" },
      { name: "url", description: "print where the gateway's own is opened, and serve nothing" },
    ],
    example: "ecluse dashboard",
    load: () => import("./commands/dashboard.ts"),
  },
  {
    name: "metrics",
    summary: "print counts and states for Prometheus",
    options: [...running],
    example: "ecluse metrics",
    load: () => import("./commands/metrics.ts"),
  },
  {
    name: "plan",
    summary: "show what applying the inventory would change: who gains or loses what",
    options: [
      ...running,
      { name: "number", value: "N", description: "an inventory of the history instead of the file" },
      json,
    ],
    example: "ecluse plan",
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "apply",
    summary: "apply the inventory: whole, or not at all",
    options: [
      ...running,
      { name: "confirm", value: "DURATION", description: "roll back after this long unless ecluse confirm comes" },
      { name: "note", value: "TEXT", description: "what for: kept in the history" },
      json,
    ],
    example: 'ecluse apply --confirm 60s --note "depot 22 opens"',
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "confirm",
    summary: "keep what apply --confirm applied",
    options: [...running, json],
    example: "ecluse confirm",
    load: () => import("./commands/confirm.ts"),
  },
  {
    name: "rollback",
    summary: "apply an earlier inventory again",
    operands: [{ name: "N", description: "its number in the history (default: the one before)", required: false }],
    options: [...running, json],
    example: "ecluse rollback 3",
    load: () => import("./commands/rollback.ts"),
  },
  {
    name: "history",
    summary: "list the inventories that were applied, newest first",
    options: [...running, json],
    example: "ecluse history",
    load: () => import("./commands/history.ts"),
  },
  {
    name: "grant",
    summary: "let a source in for a while",
    operands: [
      { name: "SOURCE", description: "a source of the inventory, an address or a network", required: true },
      which,
    ],
    options: [
      ...running,
      { name: "for", value: "DURATION", description: "how long, from 1s to 30d; required" },
      { name: "reason", value: "TEXT", description: "why: for the journal and the documents; required" },
      json,
    ],
    example: 'ecluse grant technician depot22-tpe03 --for 2h --reason "Ticket 4711"',
    load: () => import("./commands/grant.ts"),
  },
  {
    name: "revoke",
    summary: "end a temporary grant before its time",
    operands: [{ name: "ID", description: "the grant's id, as ecluse grants lists it", required: true }],
    options: [...running, json],
    example: "ecluse revoke g1",
    load: () => import("./commands/revoke.ts"),
  },
  {
    name: "grants",
    summary: "list the temporary grants in force, and those set aside",
    options: [...running, json],
    example: "ecluse grants",
    load: () => import("./commands/grants.ts"),
  },
  {
    name: "take-over",
    summary: "start the program anew, as it is on the disk, and hand the doors over to it",
    options: [
      ...running,
      { name: "within", value: "DURATION", description: "how long the new process has to be ready (default: 60s)" },
      json,
    ],
    example: "ecluse take-over",
    load: () => import("./commands/take-over.ts"),
  },
  {
    name: "drain",
    summary: "let nobody new in; the sessions inside may finish",
    operands: [which],
    options: [...running, reason, json],
    example: 'ecluse drain 22/1 --reason "exchanged tomorrow"',
    load: () => import("./commands/drain.ts"),
  },
  {
    name: "close",
    summary: "let nobody in; the sessions inside end as their right's end says",
    operands: [which],
    options: [...running, reason, json],
    example: 'ecluse close depot22 --reason "inventory day"',
    load: () => import("./commands/close.ts"),
  },
  {
    name: "open",
    summary: "open again what was drained or closed",
    operands: [which],
    options: [...running, reason, json],
    example: "ecluse open depot22",
    load: () => import("./commands/open.ts"),
  },
  {
    name: "journal",
    summary:
      "list sessions that have ended: who, when, how much, who closed first and why; or verify the record of changes",
    operands: [some],
    options: [
      ...runningOrNot,
      ...stretch,
      { name: "source", value: "IP", description: "only those that came from this address" },
      { name: "outcome", value: "NAME", description: "only those that ended so (docs/glossary.md)" },
      limit,
      { name: "verify", description: "check the chain of the change records instead" },
      csv,
      json,
    ],
    example: "ecluse journal depot22-tpe03 --from 14:30 --to 14:35",
    load: () => import("./commands/journal.ts"),
  },
  {
    name: "refusals",
    summary: "rank who was refused, most often first",
    options: [
      ...runningOrNot,
      { name: "by", value: "KIND", description: "rank by source or by flow (default: source)" },
      ...stretch,
      limit,
      csv,
      json,
    ],
    example: "ecluse refusals --from 24h",
    load: () => import("./commands/refusals.ts"),
  },
  {
    name: "usage",
    summary: "list grants that nobody used",
    options: [...runningOrNot, { name: "days", value: "N", description: "in so many days (default: 90)" }, csv, json],
    example: "ecluse usage --days 90",
    load: () => import("./commands/usage.ts"),
  },
  {
    name: "changes",
    summary: "list what was changed, when and by whom",
    options: [...runningOrNot, ...stretch, limit, csv, json],
    example: "ecluse changes --from 2026-11-01",
    load: () => import("./commands/changes.ts"),
  },
];
