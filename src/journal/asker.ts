/** Answers questions in turns, one chunk of each at a time, so that batches are written in between. */
import { answer } from "./answer.ts";
import { faultOf } from "./fault.ts";
import type { Answers, Question, RefusedQuestion, Report } from "./messages.ts";
import type { Store } from "./store.ts";

/** Questions in progress at once. */
const MOST = 8;

export class Asker {
  readonly #report: (report: Report) => void;
  readonly #open = new Map<number, Generator<undefined, Answers[keyof Answers]>>();
  #turning = false;

  constructor(report: (report: Report) => void) {
    this.#report = report;
  }

  /** `store` throws where the file cannot be opened. */
  ask(id: number, question: Question, store: () => Store): void {
    if (this.#open.size >= MOST) {
      this.#refuse(id, {
        problem: "too-many",
        message: `Cannot ask the journal: ${MOST} questions are being answered`,
        hint: "try again in a moment",
      });
      return;
    }
    try {
      this.#open.set(id, answer(store(), question));
    } catch (error) {
      this.#refuse(id, unavailable(error));
    }
    this.#turnSoon();
  }

  cancel(id: number): void {
    this.#open.delete(id);
  }

  #turnSoon(): void {
    if (this.#turning || this.#open.size === 0) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      for (const [id, steps] of this.#open) this.#step(id, steps);
      this.#turnSoon();
    });
  }

  #step(id: number, steps: Generator<undefined, Answers[keyof Answers]>): void {
    try {
      const step = steps.next();
      if (step.done !== true) return;
      this.#open.delete(id);
      this.#report({ kind: "answer", id, answer: step.value });
    } catch (error) {
      this.#open.delete(id);
      this.#refuse(id, unavailable(error));
    }
  }

  #refuse(id: number, refused: RefusedQuestion): void {
    this.#report({ kind: "no-answer", id, refused });
  }
}

function unavailable(error: unknown): RefusedQuestion {
  return {
    problem: "unavailable",
    message: `Cannot read the journal: ${faultOf(error).message}`,
    hint: "the journal's health tells since when, and what was dropped",
  };
}
