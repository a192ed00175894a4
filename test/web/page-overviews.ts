/** Overviews for tests of the page, as small as they can be. */
import type { FlowOverview, OverviewAnswer } from "../../src/answers/overview.ts";
import type { LiveEvent } from "../../src/web/page/live/live-event.ts";

export const NOW = Date.parse("2026-11-22T12:00:00Z");

export function terminal(depot: number, number: number, more: Partial<FlowOverview> = {}): FlowOverview {
  const two = (value: number): string => String(value).padStart(2, "0");
  const flow = `depot${two(depot)}-tpe${two(number)}`;
  return { flow, terminal: number, port: 10_000 + depot * 100 + number, state: "free", sessions: 0, ...more };
}

/** Depot 1 with two terminals, depot 22 with two, and one flow that is no terminal. */
export function overview(more: Partial<OverviewAnswer> = {}): OverviewAnswer {
  return {
    now: NOW,
    events: "e1-10",
    language: "fr",
    version: "0.1.0",
    inventory: { number: 1, at: NOW, author: "somebody", hash: "" },
    pending: null,
    sessions: { open: 0, most: 4_096 },
    counts: { sessions: 0, refusals: 0 },
    depots: [
      { depot: 1, name: "Lyon", terminals: [terminal(1, 1), terminal(1, 2, { state: "unheard" })] },
      { depot: 22, name: null, terminals: [terminal(22, 1), terminal(22, 2, { state: "closed" })] },
    ],
    others: [{ flow: "flow/opi-callback", port: 4_102, state: "free", sessions: 0 }],
    refusals: [],
    recent: [],
    inside: [],
    attention: [],
    ...more,
  };
}

type Data<Name extends LiveEvent["event"]> = Extract<LiveEvent, { readonly event: Name }>["data"];

export function began(session: number, flow: string, id = `e1-${10 + session}`): LiveEvent {
  return { id, event: "began", data: { session, flow, source: "203.0.113.7", rule: "odoo", started: NOW } };
}

export function ended(
  session: number,
  flow: string,
  more: Partial<Data<"ended">> = {},
  id = `e1-${100 + session}`,
): LiveEvent {
  const who = { session, flow, source: "203.0.113.7", rule: "odoo", started: NOW } as const;
  const how = { duration: 1_000, bytesToTarget: 74, bytesToClient: 300, outcome: "closed", by: "target" } as const;
  return { id, event: "ended", data: { ...who, ...how, ...more } };
}

export function refused(count: number, at = NOW): LiveEvent {
  const data = {
    source: "192.0.2.66",
    flow: "depot22-tpe01",
    outcome: "denied",
    reason: "not-listed",
    count,
    at,
  } as const;
  return { id: "e1-500", event: "refused", data };
}
