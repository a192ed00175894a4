/** Each question to its query; the same for a running journal and for a stopped gateway's file. */
import type { Selectable } from "../inventory/selector.ts";
import { countActivity } from "./activity-query.ts";
import { unpackEndpoint } from "./batch.ts";
import { findChanges } from "./change-query.ts";
import { verifyChain } from "./chain.ts";
import type { Answers, Question } from "./messages.ts";
import { rankRefusals } from "./refusal-query.ts";
import { findSessions } from "./session-query.ts";
import type { Store } from "./store.ts";
import { usageOf } from "./usage.ts";

/** Yields where others may have their turn. */
export function answer(store: Store, question: Question): Generator<undefined, Answers[keyof Answers]> {
  switch (question.what) {
    case "sessions":
      return findSessions(store, question.query);
    case "refusals":
      return rankRefusals(store, question.query);
    case "activity":
      return countActivity(store, question.query);
    case "usage":
      return atOnce(() => usageOf(store, question.now, question.days));
    case "changes":
      return findChanges(store, question.query);
    case "verify":
      return verifyChain(store, question.kept);
    case "flows":
      return atOnce(() => flowsOf(store));
  }
}

/** Small enough for one turn. */
function* atOnce<T>(act: () => T): Generator<undefined, T> {
  return act();
}

/** Once for each way in and target it had. */
function flowsOf({ database }: Store): readonly Selectable[] {
  return database
    .prepare("SELECT flow, endpoint, target FROM door ORDER BY flow, id")
    .all()
    .map(({ flow, endpoint, target }) => ({
      id: String(flow),
      endpoints: [unpackEndpoint(Number(endpoint))],
      target: unpackEndpoint(Number(target)),
    }));
}
