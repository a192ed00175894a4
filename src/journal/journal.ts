/**
 * The journal: sessions, refusals and changes, kept in SQLite, so that a disputed payment can be answered for later.
 *
 * Promises the relay that `session`, `refused` and `changed` never throw and never wait: rows are packed here, and a thread
 * of its own writes them, in one transaction per batch. Whatever stands in the way of writing, rows are kept up to a bound,
 * then dropped and counted, and the journal itself says later what it lacks. Never a payload byte.
 *
 * Knows only what has ended: sessions still open are the engine's. Who may ask is for others to judge.
 */
import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock, SessionRecord } from "../engine/engine.ts";
import type { TalliedRefusal } from "../observe/refusals.ts";
import { Backlog, type Counts } from "./backlog.ts";
import { packChange } from "./canonical.ts";
import type { Fault } from "./fault.ts";
import type { Answers, Assignment, FileState, Order, Question, Report } from "./messages.ts";
import { Questions } from "./questions.ts";
import type {
  Asking,
  ChainPlace,
  ChangeEntry,
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
import type { Instants } from "./trusted-now.ts";

/** Rows kept while nothing can be written, of each kind: about 6 MB for the sessions. */
const BOUNDS: Counts = { sessions: 50_000, refusals: 20_000, changes: 1_000 };
/** Rows in one transaction. */
const BATCH = 1_000;
/** Longest that a row waits for company, in milliseconds. */
const PERIOD = 250;
/** Milliseconds before something that failed is tried again; doubles up to `LONGEST_PAUSE` times that. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 32;
/** How often age, size and the file's name are looked after, in milliseconds. */
const TIDY = 60_000;
/** A batch without an answer for so long counts as trouble: a disk that hangs says nothing. */
const SILENCE = 10_000;

export interface JournalOptions {
  readonly file: string;
  /** Milliseconds; older rows are deleted. */
  readonly keep: number;
  /** Bytes of the file and its WAL, nearly. */
  readonly size: number;
  readonly clock: Clock;
  /** Called when the journal gets into trouble, out of it, or sets a file aside; must neither throw nor wait. */
  readonly told?: (health: JournalHealth) => void;
  readonly bounds?: Partial<Counts>;
  readonly batch?: number;
  readonly period?: number;
  readonly pause?: number;
  /** Starts the thread. */
  readonly thread?: (assignment: Assignment) => Worker;
}

export interface JournalHealth {
  /** `opening`: nothing written or failed yet. */
  readonly state: "opening" | "writing" | "failing" | "closed";
  /** Rows that wait to be written. */
  readonly waiting: Counts;
  /** Rows lost since this journal was opened. */
  readonly dropped: Counts;
  /** The last trouble, also when it is over. */
  readonly lastError?: { readonly at: number; readonly message: string };
  /** When the present trouble began. */
  readonly failingSince?: number;
  /** When something was written last. */
  readonly lastWritten?: number;
  /** Files set aside since this journal was opened: damaged, or a newer version's. */
  readonly setAside: readonly string[];
  /** How often the thread died. */
  readonly crashes: number;
  readonly file: string;
  /** Absent until the file was opened. */
  readonly stored?: FileState;
}

/** Opens a journal; returns at once. That the file cannot be opened is told in `health`, and tried again. */
export function openJournal(options: JournalOptions): Journal {
  return new Journal(options);
}

export class Journal implements JournalReader, AsyncDisposable {
  readonly #options: JournalOptions;
  readonly #assignment: Assignment;
  readonly #backlog: Backlog;
  readonly #questions = new Questions((order) => this.#post(order));
  readonly #pause: number;
  readonly #stopTidying: () => void;
  #thread: Worker | undefined;
  /** When the batch now being written was posted, by the monotonic clock. */
  #posted: number | undefined;
  #stopWaiting: (() => void) | undefined;
  #paused = false;
  #failures = 0;
  #health: Omit<JournalHealth, "waiting" | "dropped">;
  #closing: PromiseWithResolvers<undefined> | undefined;

  /** @see openJournal */
  constructor(options: JournalOptions) {
    const { file, keep, size, clock } = options;
    this.#options = options;
    this.#assignment = { file, keep, size, life: randomUUID() };
    this.#pause = options.pause ?? PAUSE;
    this.#health = { state: "opening", setAside: [], crashes: 0, file };
    this.#backlog = new Backlog({
      bounds: { ...BOUNDS, ...options.bounds },
      batch: options.batch ?? BATCH,
      wall: clock.wall,
    });
    const tidy = (): void => this.#post({ kind: "tidy", now: this.#now() });
    this.#stopTidying = clock.every(TIDY, tidy);
    tidy();
  }

  get health(): JournalHealth {
    const silent = this.#posted !== undefined && this.#options.clock.monotonic() - this.#posted > SILENCE;
    return {
      ...this.#health,
      ...(silent && this.#health.state !== "closed" ? { state: "failing" } : {}),
      waiting: this.#backlog.kept,
      dropped: this.#backlog.dropped,
    };
  }

  /** Keeps a session that has ended. */
  session(record: SessionRecord): void {
    if (this.#isClosed) this.#backlog.drop({ sessions: 1, refusals: 0, changes: 0 });
    else this.#backlog.session(record);
    this.#soon();
  }

  /** Keeps what the tally took at an instant (milliseconds since the epoch). */
  refused(rows: readonly TalliedRefusal[], at: number): void {
    if (this.#isClosed) this.#backlog.drop({ sessions: 0, refusals: rows.length, changes: 0 });
    else for (const row of rows) this.#backlog.refused({ ...row, at });
    this.#soon();
  }

  /** Keeps a change and links it to the chain. */
  changed(entry: ChangeEntry): void {
    if (this.#isClosed) this.#backlog.drop({ sessions: 0, refusals: 0, changes: 1 });
    else this.#backlog.changed(packChange(entry));
    this.#soon();
  }

  sessions(query: SessionQuery, options?: Asking): Promise<SessionPage> {
    return this.#ask({ what: "sessions", query }, options);
  }

  refusals(query: RefusalQuery, options?: Asking): Promise<readonly RefusalRank[]> {
    return this.#ask({ what: "refusals", query }, options);
  }

  usage(now: number, days: number, options?: Asking): Promise<Usage> {
    return this.#ask({ what: "usage", now, days }, options);
  }

  changes(query: ChangeQuery, options?: Asking): Promise<ChangePage> {
    return this.#ask({ what: "changes", query }, options);
  }

  verify(kept?: ChainPlace, options?: Asking): Promise<Verification> {
    return this.#ask({ what: "verify", kept }, options);
  }

  flows(options?: Asking): Promise<readonly string[]> {
    return this.#ask({ what: "flows" }, options);
  }

  /**
   * Waits at most `within` milliseconds for what is kept to be written, then lets go of the file. Resolves with the rows
   * that were not.
   */
  async close(within: number): Promise<{ readonly lost: Counts }> {
    const deadline = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => deadline.resolve(undefined), within);
    this.#closing ??= Promise.withResolvers();
    this.#stopTidying();
    this.#resume();
    this.#ref();
    await Promise.race([this.#closing.promise, deadline.promise]);
    const lost = this.#backlog.kept;
    this.#health = { ...this.#health, state: "closed" };
    this.#stopWaiting?.();
    await Promise.race([this.#endThread(), deadline.promise]);
    clearTimeout(timer);
    // A thread that hangs on its disk cannot be ended by anybody; it is not waited for.
    void this.#thread?.terminate();
    this.#questions.giveUp("the journal is closed");
    return { lost };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(PAUSE);
  }

  get #isClosed(): boolean {
    return this.#health.state === "closed";
  }

  #now(): Instants {
    const { clock } = this.#options;
    return { wall: clock.wall(), monotonic: clock.monotonic() };
  }

  #ask<K extends keyof Answers>(question: Question & { what: K }, options?: Asking): Promise<Answers[K]> {
    if (this.#isClosed) return Promise.reject(this.#questions.unavailable("the journal is closed"));
    return this.#questions.ask({ question, now: this.#now() }, options) as Promise<Answers[K]>;
  }

  /** Sends when a batch is full, or when the first row has waited long enough. */
  #soon(): void {
    if (this.#isClosed || this.#posted !== undefined || this.#paused) return;
    if (this.#backlog.hasFull || this.#closing !== undefined) this.#send();
    else if (!this.#backlog.isEmpty) this.#wait(this.#options.period ?? PERIOD);
  }

  #send(): void {
    const batch = this.#backlog.next();
    if (batch === undefined) {
      this.#closing?.resolve(undefined);
      return;
    }
    const now = this.#now();
    this.#posted = now.monotonic;
    this.#post({ kind: "write", batch, now });
  }

  /** One wait at a time: for company, or after a failure. */
  #wait(milliseconds: number): void {
    this.#stopWaiting ??= this.#options.clock.every(milliseconds, () => this.#resume());
  }

  #resume(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#paused = false;
    if (this.#posted === undefined) this.#send();
  }

  #post(order: Order): void {
    try {
      this.#thread ??= this.#start();
    } catch (error) {
      this.#died(undefined, error);
      return;
    }
    this.#thread.postMessage(order);
    this.#ref();
  }

  #start(): Worker {
    const thread = (this.#options.thread ?? startThread)(this.#assignment);
    // An error is followed by the exit.
    thread.on("error", (error) => this.#troubled(String(error)));
    thread.on("exit", (code) => this.#died(thread, new Error(`the journal's thread ended with exit code ${code}`)));
    thread.on("message", (report: Report) => this.#reported(report));
    return thread;
  }

  /** The thread keeps the process alive only while somebody waits for it. */
  #ref(): void {
    if (this.#closing !== undefined || this.#questions.waiting) this.#thread?.ref();
    else this.#thread?.unref();
  }

  #reported(report: Report): void {
    switch (report.kind) {
      case "written": {
        this.#written(report.state);
        return;
      }
      case "failed": {
        this.#failed(report.fault);
        return;
      }
      case "tidied":
        if (report.fault !== undefined) this.#troubled(report.fault.message);
        else this.#recovered();
        {
          this.#learn(report.state);
          return;
        }
      case "set-aside":
        this.#health = { ...this.#health, setAside: [...this.#health.setAside, report.file] };
        {
          this.#troubled(`set aside: ${report.file}: ${report.fault.message}`);
          return;
        }
      case "answer":
      case "no-answer":
        this.#questions.settle(report);
        {
          this.#ref();
          return;
        }
    }
  }

  #written(state: FileState): void {
    this.#backlog.settle("written");
    this.#posted = undefined;
    this.#failures = 0;
    this.#learn(state);
    this.#health = { ...this.#health, lastWritten: this.#options.clock.wall() };
    this.#recovered();
    this.#sendMore();
  }

  #failed(fault: Fault): void {
    this.#posted = undefined;
    this.#troubled(fault.message);
    if (fault.kind !== "rows") {
      this.#pauseThenResume();
      return;
    }
    this.#backlog.settle("lost");
    this.#sendMore();
  }

  #sendMore(): void {
    if (this.#closing !== undefined) this.#send();
    else this.#soon();
  }

  #died(thread: Worker | undefined, error: unknown): void {
    if (thread !== this.#thread && thread !== undefined) return;
    this.#thread = undefined;
    this.#posted = undefined;
    if (this.#isClosed) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#health = { ...this.#health, crashes: this.#health.crashes + 1 };
    this.#troubled(this.#health.state === "failing" ? (this.#health.lastError?.message ?? message) : message);
    this.#questions.giveUp(message);
    this.#pauseThenResume();
  }

  #pauseThenResume(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#paused = true;
    this.#wait(this.#pause * Math.min(LONGEST_PAUSE, 2 ** this.#failures));
    this.#failures += 1;
  }

  #learn(stored: FileState | undefined): void {
    if (stored !== undefined) this.#health = { ...this.#health, stored };
  }

  #recovered(): void {
    const { failingSince, ...rest } = this.#health;
    this.#health = { ...rest, state: this.#isClosed ? "closed" : "writing" };
    if (failingSince !== undefined) this.#options.told?.(this.health);
  }

  #troubled(message: string): void {
    const at = this.#options.clock.wall();
    const { failingSince } = this.#health;
    this.#backlog.why = message;
    this.#health = {
      ...this.#health,
      state: this.#isClosed ? "closed" : "failing",
      lastError: { at, message },
      failingSince: failingSince ?? at,
    };
    if (failingSince === undefined) this.#options.told?.(this.health);
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    const ended = Promise.withResolvers<undefined>();
    thread.once("exit", () => ended.resolve(undefined));
    thread.postMessage({ kind: "close" } satisfies Order);
    await ended.promise;
  }
}

function startThread(assignment: Assignment): Worker {
  // The same ending as this file: .ts from a checkout, .js once built.
  return new Worker(new URL(`thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: assignment,
    name: "journal",
    resourceLimits: { maxOldGenerationSizeMb: 128 },
  });
}
