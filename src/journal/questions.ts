/** Questions under way: each is answered, refused, cancelled by whoever asked, or given up with the thread. */
import { JournalError } from "./errors.ts";
import type { Order, Question, Report } from "./messages.ts";
import type { Asking } from "./rows.ts";
import type { Instants } from "./trusted-now.ts";

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: JournalError) => void;
}

export class Questions {
  readonly #post: (order: Order) => void;
  readonly #waiting = new Map<number, Waiting>();
  #ids = 0;

  constructor(post: (order: Order) => void) {
    this.#post = post;
  }

  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Rejects with a `JournalError`. */
  ask(
    { question, now }: { readonly question: Question; readonly now: Instants },
    { signal }: Asking = {},
  ): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(cancelled());
    this.#ids += 1;
    const id = this.#ids;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const cancel = (): void => {
      this.#post({ kind: "cancel", id });
      this.#take(id)?.reject(cancelled());
    };
    signal?.addEventListener("abort", cancel, { once: true });
    this.#waiting.set(id, { resolve, reject });
    this.#post({ kind: "ask", id, question, now });
    return promise.finally(() => signal?.removeEventListener("abort", cancel));
  }

  settle(report: Report & { readonly kind: "answer" | "no-answer" }): void {
    const waiting = this.#take(report.id);
    if (report.kind === "answer") waiting?.resolve(report.answer);
    else waiting?.reject(new JournalError(report.refused.problem, report.refused.message, report.refused));
  }

  giveUp(why: string): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(this.unavailable(why));
  }

  unavailable(why: string): JournalError {
    return new JournalError("unavailable", `Cannot read the journal: ${why}`, { hint: "try again in a moment" });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

function cancelled(): JournalError {
  return new JournalError("cancelled", "Cannot answer: whoever asked has gone", { hint: "ask again" });
}
