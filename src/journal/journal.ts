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
import { Worker } from "node:worker_threads";
import type { Clock } from "../engine/engine.ts";
import type { SessionRecord } from "../engine/records.ts";
import type { TalliedRefusal } from "../observe/refusals.ts";
import { Backlog, type Counts } from "./backlog.ts";
import { packChange } from "./canonical.ts";
import { Delivery } from "./delivery.ts";
import type { Fault } from "./fault.ts";
import { Health, type JournalHealth } from "./health.ts";
import type { Answers, Assignment, Order, Question, Report } from "./messages.ts";
import { Questions } from "./questions.ts";
import { Reader } from "./reader.ts";
import type { Asking, ChangeEntry } from "./rows.ts";
import type { Instants } from "./trusted-now.ts";

/** Rows kept while nothing can be written, of each kind: about 6 MB for the sessions. */
const BOUNDS: Counts = { sessions: 50_000, refusals: 20_000, changes: 1_000 };
/** Rows in one transaction. */
const BATCH = 1_000;
/** Longest that a row waits for company, in milliseconds. */
const PERIOD = 250;
/** Milliseconds before something that failed is tried again; doubles up to 32 s. */
const PAUSE = 1_000;
/** How often age, size and the file's name are looked after, in milliseconds. */
const TIDY = 60_000;
/** A batch without an answer for so long counts as trouble: a disk that hangs says nothing. Milliseconds. */
const SILENCE = 10_000;
/** How long leaving an `await using` waits, in milliseconds. */
const DISPOSAL = 1_000;

const NONE: Counts = { sessions: 0, refusals: 0, changes: 0 };

export interface JournalOptions {
  readonly file: string;
  /** Milliseconds; older rows are deleted. */
  readonly keep: number;
  /** Bytes of the file and its WAL, nearly. */
  readonly size: number;
  readonly clock: Clock;
  /** Called when the journal gets into trouble or out of it; must neither throw nor wait. */
  readonly told?: (health: JournalHealth) => void;
  readonly bounds?: Partial<Counts>;
  readonly batch?: number;
  readonly period?: number;
  readonly pause?: number;
  /** Starts the thread. */
  readonly thread?: (assignment: Assignment) => Worker;
}

/** Opens a journal; returns at once. That the file cannot be opened is told in `health`, and tried again. */
export function openJournal(options: JournalOptions): Journal {
  return new Journal(options);
}

export class Journal extends Reader implements AsyncDisposable {
  readonly #options: JournalOptions;
  readonly #assignment: Assignment;
  readonly #backlog: Backlog;
  readonly #delivery: Delivery;
  readonly #health: Health;
  readonly #questions = new Questions((order) => this.#post(order));
  readonly #stopTidying: () => void;
  #thread: Worker | undefined;
  #closing = false;

  /** @see openJournal */
  constructor(options: JournalOptions) {
    super();
    const { file, keep, size, clock, bounds, batch = BATCH, period = PERIOD, pause = PAUSE } = options;
    this.#options = options;
    this.#assignment = { file, keep, size, life: randomUUID() };
    this.#health = new Health({ file, wall: clock.wall, changed: () => options.told?.(this.health) });
    this.#backlog = new Backlog({ bounds: { ...BOUNDS, ...bounds }, batch, wall: clock.wall });
    this.#delivery = new Delivery({
      backlog: this.#backlog,
      ...{ clock, period, pause },
      send: (sealed) => this.#post({ kind: "write", batch: sealed, now: this.#now() }),
    });
    const tidy = (): void => this.#post({ kind: "tidy", now: this.#now() });
    this.#stopTidying = clock.every(TIDY, tidy);
    tidy();
  }

  get health(): JournalHealth {
    const { condition, isClosed } = this.#health;
    const isSilent = !isClosed && this.#delivery.silence > SILENCE;
    const { kept: waiting, dropped } = this.#backlog;
    return { ...condition, ...(isSilent ? { state: "failing" } : {}), waiting, dropped };
  }

  /** Keeps a session that has ended. */
  session(record: SessionRecord): void {
    if (this.#health.isClosed) this.#backlog.drop({ ...NONE, sessions: 1 });
    else this.#backlog.session(record);
    this.#delivery.soon();
  }

  /** Keeps what the tally took at an instant (milliseconds since the epoch). */
  refused(rows: readonly TalliedRefusal[], at: number): void {
    if (this.#health.isClosed) this.#backlog.drop({ ...NONE, refusals: rows.length });
    else for (const row of rows) this.#backlog.refused({ ...row, at });
    this.#delivery.soon();
  }

  /** Keeps a change and links it to the chain. */
  changed(entry: ChangeEntry): void {
    if (this.#health.isClosed) this.#backlog.drop({ ...NONE, changes: 1 });
    else this.#backlog.changed(packChange(entry));
    this.#delivery.soon();
  }

  /**
   * Waits at most `within` milliseconds for what is kept to be written, then lets go of the file. Resolves with the rows
   * that were not.
   */
  async close(within: number): Promise<{ readonly lost: Counts }> {
    const deadline = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => deadline.resolve(undefined), within);
    this.#closing = true;
    this.#stopTidying();
    const flushed = this.#delivery.flush();
    this.#ref();
    await Promise.race([flushed, deadline.promise]);
    this.#delivery.end();
    this.#health.closed();
    await Promise.race([this.#endThread(), deadline.promise]);
    clearTimeout(timer);
    // A thread that hangs on its disk cannot be ended by anybody; it is not waited for.
    void this.#thread?.terminate();
    this.#questions.giveUp("the journal is closed");
    return { lost: this.#backlog.kept };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(DISPOSAL);
  }

  protected override ask<K extends keyof Answers>(
    question: Question & { readonly what: K },
    options?: Asking,
  ): Promise<Answers[K]> {
    if (this.#health.isClosed) return Promise.reject(this.#questions.unavailable("the journal is closed"));
    return this.#questions.ask({ question, now: this.#now() }, options) as Promise<Answers[K]>;
  }

  #now(): Instants {
    const { clock } = this.#options;
    return { wall: clock.wall(), monotonic: clock.monotonic() };
  }

  #post(order: Order): void {
    try {
      this.#thread ??= this.#start();
    } catch (error) {
      this.#died(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#thread.postMessage(order);
    this.#ref();
  }

  #start(): Worker {
    const thread = (this.#options.thread ?? startThread)(this.#assignment);
    let message: string | undefined;
    // An error is followed by the exit.
    thread.on("error", (error) => (message = String(error)));
    thread.on("exit", (code) => {
      this.#thread = undefined;
      this.#died(message ?? `the journal's thread ended with exit code ${code}`);
    });
    thread.on("message", (report: Report) => this.#reported(report));
    return thread;
  }

  /** The thread keeps the process alive only while somebody waits for it. */
  #ref(): void {
    if (this.#closing || this.#questions.waiting) this.#thread?.ref();
    else this.#thread?.unref();
  }

  #reported(report: Report): void {
    switch (report.kind) {
      case "written":
        this.#health.written(report.state);
        this.#delivery.settled("written");
        return;
      case "failed":
        this.#failed(report.fault);
        return;
      case "tidied":
        if (report.fault === undefined) this.#health.recovered(report.state);
        else this.#troubled(report.fault.message);
        return;
      case "set-aside":
        this.#health.setAside(report.file, report.fault.message);
        return;
      case "answer":
      case "no-answer":
        this.#questions.settle(report);
        this.#ref();
    }
  }

  #failed({ kind, message }: Fault): void {
    this.#troubled(message);
    if (kind === "rows") this.#delivery.settled("lost");
    else this.#delivery.failed();
  }

  #died(message: string): void {
    if (this.#health.isClosed) return;
    this.#backlog.why = message;
    this.#health.crashed(message);
    this.#questions.giveUp(message);
    this.#delivery.failed();
  }

  #troubled(message: string): void {
    this.#backlog.why = message;
    this.#health.troubled(message);
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
  return new Worker(new URL("thread-start.js", import.meta.url), {
    workerData: assignment,
    name: "journal",
    // Else Node would pipe them into its own, and the mere mention of `process.stdout` makes a pipe non-blocking for all
    // who share it. The thread prints nothing; a crash arrives as its 'error'.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 },
  });
}
