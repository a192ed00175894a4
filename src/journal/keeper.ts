/**
 * Keeps the file, in the journal's own thread: opens it when there is something to write, and lets go of it at every error.
 *
 * An error leaves nothing half done and nothing remembered: the next batch opens the file anew. A file that is damaged,
 * or a newer version's, is set aside and a new one begun at once.
 */
import { basename } from "node:path";
import type { Batch } from "./batch.ts";
import { headOf } from "./chain.ts";
import { type Fault, faultOf } from "./fault.ts";
import type { Assignment, FileState, Report } from "./messages.ts";
import { makeRoom, tidySmall, tidyStep } from "./retention.ts";
import { setAside } from "./set-aside.ts";
import { type Store, closeStore, isInPlace, noteGap, openStore, sizeOf } from "./store.ts";
import { type Instants, TrustedNow } from "./trusted-now.ts";
import { writeBatch } from "./write.ts";

export class Keeper {
  readonly #assignment: Assignment;
  readonly #report: (report: Report) => void;
  #store: Store | undefined;
  #trusted: TrustedNow | undefined;
  #tidying = false;
  #ended = false;

  constructor(assignment: Assignment, report: (report: Report) => void) {
    this.#assignment = assignment;
    this.#report = report;
  }

  write(batch: Batch, now: Instants): void {
    const attempted = this.#attempt(() => {
      const store = this.#opened(now);
      writeBatch(store, batch, this.#assignment.life);
      makeRoom(store, this.#assignment);
      return stateOf(store);
    }, now);
    if (attempted.ok) {
      this.#report({ kind: "written", number: batch.number, state: attempted.value });
      this.#tidySoon(now);
    } else this.#report({ kind: "failed", number: batch.number, fault: attempted.fault });
  }

  /** Looks after age, size, and the file's name. */
  tidy(now: Instants): void {
    const attempted = this.#attempt(() => {
      if (this.#store !== undefined && !isInPlace(this.#store)) this.#close();
      tidySmall(this.#opened(now), this.#cutoff(now));
    }, now);
    if (attempted.ok) this.#tidySoon(now);
    else this.#report({ kind: "tidied", fault: attempted.fault });
  }

  /** The open file, for questions; throws what `faultOf` understands. */
  opened(now: Instants): Store {
    return this.#opened(now);
  }

  /** Lets go of the file for good: a step of tidying that is still to come must not open it again. */
  end(): void {
    this.#ended = true;
    this.#close();
  }

  #close(): void {
    if (this.#store !== undefined) closeStore(this.#store);
    this.#store = undefined;
  }

  /** Does it; where the file is what stands in the way, once more with a new one. */
  #attempt<T>(act: () => T, now: Instants): Attempted<T> {
    const first = this.#tried(act);
    if (first.ok || (first.fault.kind !== "damaged" && first.fault.kind !== "newer")) return first;
    const begun = this.#tried(() => this.#beginAnew(first.fault, now));
    return begun.ok ? this.#tried(act) : begun;
  }

  #tried<T>(act: () => T): Attempted<T> {
    try {
      return { ok: true, value: act() };
    } catch (error) {
      this.#close();
      return { ok: false, fault: faultOf(error) };
    }
  }

  #beginAnew(fault: Fault, now: Instants): void {
    const kind = fault.kind === "newer" ? "newer" : "corrupt";
    const file = setAside(this.#assignment.file, kind, now.wall);
    this.#report({ kind: "set-aside", file, fault });
    // What was before lies in the other file: whoever asks for it must be told so.
    const gap = { from: 0, to: Math.round(now.wall), sessions: 0, refusals: 0, changes: 0 };
    noteGap(this.#opened(now).database, { ...gap, why: `set aside: ${basename(file)}` });
  }

  #opened(now: Instants): Store {
    if (this.#store !== undefined) return this.#store;
    const { file, size, life } = this.#assignment;
    const store = openStore(file, { size, life, now: Math.round(now.wall) });
    this.#store = store;
    this.#trusted ??= new TrustedNow({ ...now, wall: store.state.number("batch-at") || now.wall });
    return store;
  }

  #cutoff(now: Instants): number {
    return Math.round((this.#trusted?.at(now) ?? now.wall) - this.#assignment.keep);
  }

  /** Deletes step by step, with a turn of the loop between, in which batches and questions come first. */
  #tidySoon(now: Instants): void {
    const cutoff = this.#cutoff(now);
    if (this.#tidying) return;
    this.#tidying = true;
    setImmediate(() => this.#tidyStep(now, cutoff));
  }

  #tidyStep(now: Instants, cutoff: number): void {
    if (this.#ended) return;
    const attempted = this.#attempt(() => {
      const store = this.#opened(now);
      return tidyStep(store, this.#assignment, cutoff) ? "more" : stateOf(store);
    }, now);
    if (attempted.ok && attempted.value === "more") {
      setImmediate(() => this.#tidyStep(now, cutoff));
      return;
    }
    this.#tidying = false;
    if (!attempted.ok) this.#report({ kind: "tidied", fault: attempted.fault });
    else if (attempted.value !== "more") this.#report({ kind: "tidied", state: attempted.value });
  }
}

type Attempted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

function stateOf(store: Store): FileState {
  const { seq } = headOf(store);
  return {
    bytes: sizeOf(store).onDisk,
    rows: {
      sessions: store.state.number("sessions"),
      refusals: store.state.number("refusals"),
      changes: seq - store.state.number("anchor-seq"),
    },
    head: headOf(store),
  };
}
