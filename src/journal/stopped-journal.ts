/**
 * The journal of a stopped gateway, read from its file. While a gateway runs it holds the file alone, and is asked over
 * its control socket instead.
 */
import { setImmediate as turn } from "node:timers/promises";
import { statSync } from "node:fs";
import { answer } from "./answer.ts";
import { JournalError } from "./errors.ts";
import { faultOf, primaryCode } from "./fault.ts";
import type { Answers, Question } from "./messages.ts";
import { Reader } from "./reader.ts";
import type { Asking } from "./rows.ts";
import { type Store, openStoreToRead } from "./store.ts";

/** https://sqlite.org/rescode.html#busy */
const BUSY = 5;

/** Opens the file to read it, at once; throws a `JournalError`. Close it soon: a gateway that starts waits for it. */
export function openStoppedJournal(file: string): StoppedJournal {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new JournalError("no-journal", `Cannot read ${file}: there is no such file`, {
      hint: "the journal lies in the gateway's state folder, once it has run",
    });
  }
  try {
    return new StoppedJournal(openStoreToRead(file));
  } catch (error) {
    throw problemOf(file, error);
  }
}

export class StoppedJournal extends Reader implements Disposable {
  readonly #store: Store;

  /** @see openStoppedJournal */
  constructor(store: Store) {
    super();
    this.#store = store;
  }

  close(): void {
    if (this.#store.database.isOpen) this.#store.database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected override async ask<K extends keyof Answers>(
    question: Question & { readonly what: K },
    { signal }: Asking = {},
  ): Promise<Answers[K]> {
    try {
      const steps = answer(this.#store, question);
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done === true) return step.value as Answers[K];
        await turn();
        if (signal?.aborted === true) break;
      }
    } catch (error) {
      throw problemOf(this.#store.file, error);
    }
    throw new JournalError("cancelled", "Cannot answer: whoever asked has gone", { hint: "ask again" });
  }
}

function problemOf(file: string, error: unknown): JournalError {
  const fault = faultOf(error);
  if (primaryCode(error) === BUSY) {
    return new JournalError("in-use", `Cannot read ${file}: a running gateway holds it`, {
      hint: "ask the running gateway over its control socket, or stop it first",
      cause: error,
    });
  }
  if (fault.kind === "newer" || fault.kind === "damaged" || fault.message.startsWith("not a journal")) {
    return new JournalError("not-a-journal", `Cannot read ${file}: ${fault.message}`, {
      hint: "is this the gateway's journal, and this program its version?",
      cause: error,
    });
  }
  return new JournalError("unavailable", `Cannot read ${file}: ${fault.message}`, {
    hint: "check who may read the file and write in its folder: SQLite needs its -wal and -shm beside it",
    cause: error,
  });
}
