/** One who follows the event stream: a place in it, and whether it takes what it is sent. */

/** Where the bytes go. */
export interface Sink {
  /** False: it has enough for now, until `drained`. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** What was written is still sent. */
  readonly end: () => void;
  /** At once. */
  readonly cut: () => void;
}

/** The sink's side of a subscription. */
export interface Subscription {
  readonly drained: () => void;
  readonly left: () => void;
}

export class Subscriber implements Subscription {
  readonly #sink: Sink;
  readonly #gone: () => void;
  #place: number;
  #wroteAt: number;
  #isReady = true;

  constructor(
    sink: Sink,
    { place, now, gone }: { readonly place: number; readonly now: number; readonly gone: () => void },
  ) {
    this.#sink = sink;
    this.#gone = gone;
    this.#place = place;
    this.#wroteAt = now;
  }

  /** The number of the last event that it was sent. */
  get place(): number {
    return this.#place;
  }

  /** When it was last sent something, on the monotonic clock. */
  get wroteAt(): number {
    return this.#wroteAt;
  }

  /** Whether it has taken what it was sent. */
  get isReady(): boolean {
    return this.#isReady;
  }

  write({ bytes, place, now }: { readonly bytes: Uint8Array; readonly place: number; readonly now: number }): void {
    this.#place = place;
    this.#wroteAt = now;
    this.#isReady = this.#sink.write(bytes);
  }

  /** One that still holds unread what it was sent would keep its connection, and with it the process. */
  end(): void {
    if (this.#isReady) this.#sink.end();
    else this.#sink.cut();
    this.#gone();
  }

  cut(): void {
    this.#sink.cut();
    this.#gone();
  }

  readonly drained = (): void => {
    this.#isReady = true;
  };

  readonly left = (): void => {
    this.#gone();
  };
}
