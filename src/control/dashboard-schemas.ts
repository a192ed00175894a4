/** What a first screen asks for, as JSON Schema: the overview, one flow, and how much went on. */
import {
  type Schema,
  OUTCOMES,
  address,
  endpoint,
  instant,
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

/** How a flow is: the first of these that holds. */
const STATES = ["blocked", "closed", "draining", "in-session", "down", "free", "unheard"];

/** Parts of these answers that deserve a name. */
export const DASHBOARD_PARTS: Readonly<Record<string, Schema>> = {
  RecentSession: object(
    {
      ...{
        flow: text,
        source: address,
        at: instant,
        duration: milliseconds,
        bytesToTarget: whole,
        bytesToClient: whole,
      },
      ...{ outcome: oneOf(...OUTCOMES), by: oneOf("client", "target", "gateway") },
    },
    { cause: text },
  ),
  InsideSession: object({
    session: { ...whole, description: "as in the events" },
    ...{ flow: text, source: address, rule: text, phase: oneOf("waiting", "dialling", "open"), leaving: yes },
    ...{ started: instant, bytesToTarget: whole, bytesToClient: whole },
  }),
  FlowOverview: object(
    {
      ...{ flow: said("a flow's id"), port: { ...whole, description: "the public one" } },
      ...{ state: oneOf(...STATES), sessions: { ...whole, description: "open now" } },
    },
    {
      ...{ terminal: { ...whole, description: "its number in the depot" }, label: text, since: instant },
      cause: said("of blocked and down, the system's word; of closed and draining, the operator's reason"),
    },
  ),
};

export function overview(): Schema {
  return object({
    now: instant,
    events: said("the id of the last event that this includes: follow the stream after it"),
    ...{ language: oneOf("fr", "en"), version: text, inventory: part("Applied"), pending: orNull(part("Pending")) },
    sessions: object({ open: whole, most: whole }),
    counts: object({ sessions: whole, refusals: whole }),
    depots: list(object({ depot: whole, name: orNull(text), terminals: list(part("FlowOverview")) })),
    others: list(part("FlowOverview")),
    refusals: list(
      object({
        source: orNull(address),
        flow: orNull(text),
        reason: text,
        count: whole,
        first: instant,
        last: instant,
      }),
    ),
    ...{ recent: list(part("RecentSession")), inside: list(part("InsideSession")), attention: list(attention()) },
  });
}

/** What needs attention, the most urgent first. */
function attention(): Schema {
  const what = (name: string): Schema => ({ const: name });
  const byHand = { flow: text, by: text, at: instant };
  return {
    oneOf: [
      object({ what: what("pending"), number: whole, rollbackTo: whole, deadline: instant }),
      object({ what: what("journal"), state: text, dropped: whole }),
      object({ what: what("shield"), state: oneOf("down", "stuck"), message: text }),
      object({ what: what("door-blocked"), flow: text, endpoint, message: text }),
      object({ what: what("depot-down"), depot: whole, since: instant, flows: whole }),
      object({ what: what("terminal-down"), flow: text, since: instant, cause: text }),
      object({ what: what("grant-ends"), id: text, source: text, flows: whole, until: instant }),
      object({ what: what("closed"), ...byHand }, { reason: text }),
      object({ what: what("draining"), ...byHand }, { reason: text }),
      object({ what: what("file-differs") }),
    ],
  };
}

export function flow(): Schema {
  const accountability = { owner: text, reason: text, approver: text, reviewed: text, nextReview: text };
  return object(
    {
      ...{ now: instant, flow: text, kind: oneOf("relayed"), endpoints: list(endpoint), target: endpoint },
      direction: oneOf("till-to-terminal", "terminal-to-till", "proxy-to-service", "other"),
      state: oneOf(...STATES),
      limits: object(
        { busy: oneOf("reject", "queue"), onRevoke: oneOf("drain", "cut", "keep") },
        { sessions: whole, queue: object({ length: whole, wait: milliseconds }) },
      ),
      probe: probing,
      grants: list(
        object(
          { source: text, networks: list(text) },
          { until: instant, reason: text, id: said("of a temporary grant") },
        ),
      ),
      neighbours: object({ known: whole, down: whole }),
      inside: list(part("InsideSession")),
      recent: orNull(list(part("RecentSession"))),
    },
    {
      ...{ label: text, model: text, serial: text, depot: whole, depotName: text, terminal: whole },
      ...{ ...accountability, since: instant, cause: text, health: part("Health"), operation: part("Operation") },
    },
  );
}

export function activity(): Schema {
  return object({
    ...{ from: instant, to: instant, step: milliseconds },
    sessions: {
      type: "object",
      description: "counts by outcome, one for each stretch of time",
      additionalProperties: list(whole),
    },
    refusals: { ...list(whole), description: "one count for each stretch of time" },
  });
}
