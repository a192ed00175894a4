/** The questions as methods, for whatever can answer one: a running journal's thread, or a file. */
import type { Selectable } from "../inventory/selector.ts";
import type { Activity } from "./activity-query.ts";
import type { Answers, Question } from "./messages.ts";
import type {
  ActivityQuery,
  Asking,
  ChainPlace,
  ChangePage,
  ChangeQuery,
  JournalReader,
  RefusalQuery,
  RefusalRank,
  SessionPage,
  SessionQuery,
  Usage,
  Verification,
} from "./rows.ts";

export abstract class Reader implements JournalReader {
  /** Rejects with a `JournalError`. */
  protected abstract ask<K extends keyof Answers>(
    question: Question & { readonly what: K },
    options?: Asking,
  ): Promise<Answers[K]>;

  sessions(query: SessionQuery, options?: Asking): Promise<SessionPage> {
    return this.ask({ what: "sessions", query }, options);
  }

  refusals(query: RefusalQuery, options?: Asking): Promise<readonly RefusalRank[]> {
    return this.ask({ what: "refusals", query }, options);
  }

  activity(query: ActivityQuery, options?: Asking): Promise<Activity> {
    return this.ask({ what: "activity", query }, options);
  }

  usage(now: number, days: number, options?: Asking): Promise<Usage> {
    return this.ask({ what: "usage", now, days }, options);
  }

  changes(query: ChangeQuery, options?: Asking): Promise<ChangePage> {
    return this.ask({ what: "changes", query }, options);
  }

  verify(kept?: ChainPlace, options?: Asking): Promise<Verification> {
    return this.ask({ what: "verify", kept }, options);
  }

  flows(options?: Asking): Promise<readonly Selectable[]> {
    return this.ask({ what: "flows" }, options);
  }
}
