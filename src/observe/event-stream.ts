/**
 * The event stream: what happens, told to whoever follows, in order and once.
 *
 * Costs the relay next to nothing: an event is put into a ring, and a few times a second all that came since is written
 * once, the same bytes for every subscriber. A subscriber has no queue of its own, only a place in the ring: one that does
 * not read falls behind, and is cut when the ring has gone past it, or it has taken nothing for half a minute. It may come
 * again, and is told by `lost` that it missed something.
 */
import type { Clock } from "../engine/engine.ts";
import { formatEventId, numberIn } from "./event-id.ts";
import { EventRing } from "./event-ring.ts";
import { STILL_HERE, printBeginning, printEvent } from "./server-sent-events.ts";
import type { StreamEvent } from "./stream-events.ts";
import { type Sink, Subscriber, type Subscription } from "./subscriber.ts";

/** Kept for those who come again: about 250 bytes each. */
const RING = 8_192;
/** Between two writes, in milliseconds. */
const BEAT = 50;
/** In one write: about 500 kB, made in a few milliseconds. */
const CHUNK = 2_000;
/** The dashboard needs one for all its pages; descriptors come out of what the sessions leave free (`relay/ceiling.ts`). */
const SUBSCRIBERS = 16;
/** Of silence, after which it is said that somebody is here, in milliseconds. */
const QUIET = 15_000;
/** One who takes nothing for so long is cut, in milliseconds. */
const STUCK = 30_000;

export interface EventStreamOptions {
  readonly clock: Clock;
  readonly epoch: string;
  readonly ring?: number;
  readonly chunk?: number;
  readonly subscribers?: number;
}

interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

export class EventStream {
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #ring: EventRing;
  readonly #chunk: number;
  readonly #most: number;
  readonly #subscribers = new Set<Subscriber>();
  #stopBeating: (() => void) | undefined;
  #hasEnded = false;

  constructor({ clock, epoch, ring = RING, chunk = CHUNK, subscribers = SUBSCRIBERS }: EventStreamOptions) {
    this.#clock = clock;
    this.#epoch = epoch;
    this.#ring = new EventRing(ring);
    this.#chunk = chunk;
    this.#most = subscribers;
  }

  /** The id of the last event. */
  get last(): string {
    return this.#idOf(this.#ring.last);
  }

  get isFull(): boolean {
    return this.#subscribers.size >= this.#most;
  }

  tell(event: StreamEvent): void {
    this.#ring.add(event);
  }

  /** Events after the one with that id, or from now on; not where `isFull`. */
  subscribe(sink: Sink, after?: string): Subscription {
    const number = after === undefined ? this.#ring.last : numberIn(this.#epoch, after);
    const isKnown = number !== undefined && this.#ring.reaches(number);
    const place = isKnown ? number : this.#ring.last;
    const subscriber = new Subscriber(sink, {
      place,
      now: this.#clock.monotonic(),
      gone: () => this.#left(subscriber),
    });
    this.#subscribers.add(subscriber);
    const beginning = isKnown ? printBeginning(this.#idOf(place)) : this.#printLost();
    subscriber.write({ bytes: Buffer.from(beginning), place, now: this.#clock.monotonic() });
    if (this.#hasEnded) subscriber.end();
    else this.#stopBeating ??= this.#clock.every(BEAT, () => this.#beat());
    return subscriber;
  }

  /** Ends every subscription, now and from now on. */
  end(): void {
    this.#hasEnded = true;
    this.#beat();
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  #beat(): void {
    const now = this.#clock.monotonic();
    const made: Chunk[] = [];
    for (const subscriber of this.#subscribers) this.#serve(subscriber, made, now);
  }

  #serve(subscriber: Subscriber, made: Chunk[], now: number): void {
    const { place, isReady } = subscriber;
    const silence = now - subscriber.wroteAt;
    if (!this.#ring.reaches(place) || (!isReady && silence >= STUCK)) subscriber.cut();
    else if (!isReady) return;
    else if (place < this.#ring.last) {
      const { bytes, to } = this.#chunkAfter(place, made);
      subscriber.write({ bytes, place: to, now });
    } else if (silence >= QUIET) subscriber.write({ bytes: Buffer.from(STILL_HERE), place, now });
  }

  /** Those at the same place, nearly always all, get the same bytes. */
  #chunkAfter(place: number, made: Chunk[]): Chunk {
    const found = made.find(({ from }) => from === place);
    if (found !== undefined) return found;
    const events = this.#ring.after(place, this.#chunk);
    const text = events.map(({ number, event }) => printEvent(this.#idOf(number), event)).join("");
    const chunk = { from: place, to: place + events.length, bytes: Buffer.from(text) };
    made.push(chunk);
    return chunk;
  }

  #left(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#stopBeating?.();
    this.#stopBeating = undefined;
  }

  #printLost(): string {
    return printBeginning(this.last) + printEvent(this.last, { event: "lost", data: {} });
  }

  #idOf(number: number): string {
    return formatEventId(this.#epoch, number);
  }
}
