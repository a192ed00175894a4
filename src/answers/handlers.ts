/**
 * What the control socket answers: each route's question, put to the part that knows. One file per family of answers.
 */
import type { Streamed } from "../control/stream.ts";
import type { Parameters, RouteName, StreamName } from "../control/routes.ts";
import { operatorAnswers } from "../journal/operator-answers.ts";
import type { Answered } from "./answered.ts";
import type { Asked } from "./asked.ts";
import { apply, inventory, operate, plan, rollback } from "./changing.ts";
import { events } from "./events.ts";
import { flow } from "./flow.ts";
import { metricsPage } from "./metrics.ts";
import { overview } from "./overview.ts";
import { sessions } from "./sessions.ts";
import { status } from "./status.ts";
import { takeOver } from "./take-over.ts";
import { health, probe } from "./terminals.ts";

type Answer<Name extends RouteName> = Name extends "metrics"
  ? AsyncIterable<string>
  : Name extends StreamName
    ? Streamed
    : Answered[Name];

type Answers = { readonly [Name in RouteName]: (parameters: Parameters<Name>) => Promise<Answer<Name>> };

export function handlersOf(asked: Asked): Answers {
  const { changes, gateway, clock } = asked;
  return {
    status: ({ select }) => status(asked, select),
    overview: ({ select }) => overview(asked, select),
    events: ({ after }) => Promise.resolve(events(asked, after)),
    flow: ({ select }) => flow(asked, select),
    metrics: () => metricsPage(asked),
    sessions: ({ select }) => sessions(asked, select),
    health: ({ select }) => Promise.resolve(health(asked, select)),
    probe: ({ select }) => probe(asked, select),
    history: async () => (await changes.history()).toReversed(),
    inventory: () => Promise.resolve(inventory(changes)),
    plan: ({ number }) => plan(asked, number),
    apply: (parameters) => apply(asked, parameters),
    confirm: async ({ author }) => ({ number: await changes.confirm(author) }),
    rollback: (parameters) => rollback(asked, parameters),
    grants: () => Promise.resolve(changes.grants),
    grant: ({ author, source, select, for: duration, reason }) =>
      changes.grant({ author, source, select, duration, reason }),
    revoke: async ({ author, id }) => {
      await changes.revoke(author, id);
      return { id };
    },
    operate: (parameters) => operate(asked, parameters),
    takeOver: (parameters) => takeOver(asked, parameters),
    ...operatorAnswers({
      get journal() {
        return asked.journal;
      },
      flows: () => changes.relayed,
      inside: () => gateway.openSessions(),
      now: clock.wall,
    }),
  };
}
