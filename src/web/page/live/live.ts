/**
 * What the page knows of the gateway, kept up to date: one overview, and the events since.
 *
 * Events are folded in once per frame, however many come. Where a change says more than its event (a new inventory, a
 * grant), and where the stream has a hole, the overview is asked for again, at most once a second. A stream that falls
 * silent for longer than its signs of life is taken for cut.
 */
import type { OverviewAnswer } from "../answers.ts";
import { Refusal, answered, ask } from "../api.ts";
import { EventReader } from "./event-reader.ts";
import { type FlowPlaces, flowPlaces } from "./flow-places.ts";
import { folded } from "./fold.ts";
import { type LiveEvent, isAfter, liveEvent } from "./live-event.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live"; readonly since: number }
  /** `since`: when something was heard last. */
  | { readonly state: "cut"; readonly since: number; readonly why: Refusal | undefined };

/** Milliseconds. */
const SILENCE = 40_000;
const BETWEEN_OVERVIEWS = 1_000;
/** What nobody told (a grant that ran into its last hour) is found by asking now and then. */
const OVERVIEW_EVERY = 60_000;
const RETRY = [500, 1_000, 2_000, 5_000];
/** Events after which only the overview says what is. */
const TELLS_TOO_LITTLE: ReadonlySet<LiveEvent["event"]> = new Set(["changed", "lost", "health", "door", "shield"]);
/** Drawing takes at most a fourth of the time, and what happened waits at most so long for it, in milliseconds. */
const SHARE = 4;
const LONGEST_WAIT = 120;
/** A page that is not shown draws no frames. */
const UNSEEN_PERIOD = 1_000;

export class Live {
  #overview: OverviewAnswer | undefined;
  #places: FlowPlaces = new Map();
  #connection: Connection = { state: "connecting" };
  /** The gateway's clock less this one's. */
  #ahead = 0;
  #waiting: LiveEvent[] = [];
  #isFrameDue = false;
  /** By `performance.now()`: not before then, so that drawing leaves time for everything else. */
  #nextDraw = 0;
  #asked = -Infinity;
  #isAsking = false;
  #askAgain: number | undefined;
  #heard = Date.now();
  #changes = 0;
  readonly #listeners = new Set<() => void>();
  readonly #signedOut: () => void;
  readonly #stop = new AbortController();

  constructor(signedOut: () => void) {
    this.#signedOut = signedOut;
  }

  get overview(): OverviewAnswer | undefined {
    return this.#overview;
  }

  /** How often something was changed since this page was opened: who shows more than the overview asks again then. */
  get changes(): number {
    return this.#changes;
  }

  get places(): FlowPlaces {
    return this.#places;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** By the gateway's clock; it stands still where the gateway is not heard any more. */
  now(): number {
    return (this.#connection.state === "cut" ? this.#connection.since : Date.now()) + this.#ahead;
  }

  /** Called after every change, at most once per frame. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    void this.#follow();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#askAgain);
  }

  /** Asks for the overview again, soon: several wishes within a second are one. */
  refresh(): void {
    if (this.#stop.signal.aborted || this.#askAgain !== undefined || this.#connection.state === "cut") return;
    const wait = Math.max(0, this.#asked + BETWEEN_OVERVIEWS - performance.now());
    this.#askAgain = window.setTimeout(() => {
      this.#askAgain = undefined;
      if (this.#isAsking) this.refresh();
      else void this.#ask().catch(() => undefined);
    }, wait);
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; failures += 1) {
      try {
        await this.#ask();
        await this.#read(() => (failures = -1));
        this.#cut(undefined);
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) {
          this.#signedOut();
          return;
        }
        this.#cut(error instanceof Refusal ? error : undefined);
      }
      await pause(RETRY[Math.min(Math.max(failures, 0), RETRY.length - 1)] ?? 0, this.#stop.signal);
    }
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    this.#asked = performance.now();
    try {
      const overview = await ask<OverviewAnswer>("/v1/overview", {}, this.#stop.signal);
      this.#ahead = overview.now - Date.now();
      this.#places = flowPlaces(overview);
      this.#waiting = this.#waiting.filter(({ id }) => isAfter(id, overview.events));
      this.#overview = overview;
      this.#drawSoon();
    } finally {
      this.#isAsking = false;
    }
  }

  async #read(isOpen: () => void): Promise<void> {
    const giveUp = new AbortController();
    const signal = AbortSignal.any([giveUp.signal, this.#stop.signal]);
    const watch = setInterval(() => {
      if (Date.now() - this.#heard > SILENCE) giveUp.abort();
    }, 1_000);
    const again = setInterval(() => this.refresh(), OVERVIEW_EVERY);
    try {
      const url = `/v1/events?after=${encodeURIComponent(this.#overview?.events ?? "")}`;
      const answer = await answered(fetch(url, { headers: { accept: "text/event-stream" }, signal }));
      isOpen();
      this.#heard = Date.now();
      this.#become({ state: "live", since: this.#heard });
      await this.#listen(answer);
    } finally {
      clearInterval(watch);
      clearInterval(again);
      giveUp.abort();
    }
  }

  async #listen(answer: Response): Promise<void> {
    const reader = new EventReader();
    for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      this.#heard = Date.now();
      for (const message of reader.push(text)) {
        const event = liveEvent(message);
        if (event !== undefined) this.#take(event);
      }
    }
  }

  #take(event: LiveEvent): void {
    if (event.event === "gateway") this.#gateway(event.data.state);
    else if (TELLS_TOO_LITTLE.has(event.event)) this.refresh();
    if (event.event === "changed" || event.event === "lost" || event.event === "gateway") this.#changes += 1;
    this.#waiting.push(event);
    this.#drawSoon();
  }

  /** The dashboard has lost the gateway, or has it again; the stream from the dashboard stands. */
  #gateway(state: "gone" | "back"): void {
    if (state === "gone") {
      this.#cut(new Refusal({ status: 502, code: "no-gateway", title: "", hint: "" }));
    } else {
      this.#become({ state: "live", since: Date.now() });
      this.refresh();
    }
  }

  #cut(why: Refusal | undefined): void {
    if (this.#stop.signal.aborted) return;
    const since = this.#connection.state === "cut" ? this.#connection.since : this.#heard;
    this.#become({ state: "cut", since, why });
  }

  #become(connection: Connection): void {
    this.#connection = connection;
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#isFrameDue) return;
    this.#isFrameDue = true;
    if (document.hidden) setTimeout(() => this.#draw(), UNSEEN_PERIOD);
    else setTimeout(() => requestAnimationFrame(() => this.#draw()), this.#nextDraw - performance.now());
  }

  /** The frame's cost is known once the next one is asked for: folding, drawing, layout and paint. */
  #restAfter(began: number): void {
    requestAnimationFrame(() => {
      const took = performance.now() - began;
      this.#nextDraw = began + Math.min(took * SHARE, LONGEST_WAIT);
    });
  }

  /** While an overview is on its way, its events are kept: it may or may not include them. */
  #draw(): void {
    this.#isFrameDue = false;
    this.#restAfter(performance.now());
    const before = this.#overview;
    if (before !== undefined) {
      const later = this.#waiting.filter(({ id }) => isAfter(id, before.events));
      this.#overview = folded(before, later, this.#places);
      if (!this.#isAsking) this.#waiting = [];
    }
    for (const listener of this.#listeners) listener();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
