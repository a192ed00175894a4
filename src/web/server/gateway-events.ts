/**
 * The one subscription to the gateway's events, however many pages are open; none while no page is.
 *
 * Where it ends - the gateway stops, another process takes over - it is begun again from the last event, at once and then
 * ever more slowly; those who listen are told that the gateway is gone, and that it is back.
 */
import type { IncomingMessage } from "node:http";
import { setTimeout as passing } from "node:timers/promises";
import { type RingEvent, splitEvents } from "./event-ring.ts";
import type { GatewaySocket } from "./gateway.ts";

/** Between two attempts to reach the gateway, in milliseconds: twice as long each time. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 3_000;

/** The gateway says something at least every 15 s; so much silence, in milliseconds, and it is taken for gone. */
const SILENCE = 45_000;

/** An event that is longer than this is none. */
const LONGEST_EVENT = 4_000_000;

export interface EventsOptions {
  readonly gateway: GatewaySocket;
  /** The id after which to go on; absent: from now on. */
  readonly after: () => string | undefined;
  readonly heard: (events: readonly RingEvent[]) => void;
  readonly changed: (state: "gone" | "back") => void;
  readonly signal: AbortSignal;
}

/** Listens until the signal. */
export async function followEvents(options: EventsOptions): Promise<void> {
  const { signal, changed } = options;
  let [pause, isGone] = [0, false];
  const told = (gone: boolean): void => {
    if (gone !== isGone && !signal.aborted) changed(gone ? "gone" : "back");
    isGone = gone;
  };
  while (!signal.aborted) {
    const stream = await subscribe(options);
    if (stream !== undefined) {
      told(false);
      pause = 0;
      await hear(stream, options);
    }
    told(true);
    await passing(pause, undefined, { signal, ref: false }).catch(() => undefined);
    pause = Math.min(Math.max(FIRST_PAUSE, pause * 2), LONGEST_PAUSE);
  }
}

async function subscribe({ gateway, after, signal }: EventsOptions): Promise<IncomingMessage | undefined> {
  const id = after();
  const query = id === undefined ? "" : (`?after=${encodeURIComponent(id)}` as const);
  try {
    const stream = await gateway.ask({ method: "GET", path: `/v1/events${query}`, signal, patience: SILENCE });
    if (stream.statusCode === 200) return stream;
    stream.destroy();
  } catch {
    // Asked again in a moment.
  }
  return undefined;
}

/** Resolves when it ends. */
async function hear(stream: IncomingMessage, { heard }: EventsOptions): Promise<void> {
  let rest = "";
  try {
    for await (const chunk of stream.setEncoding("utf8")) {
      const split = splitEvents(rest + (chunk as string));
      rest = split.rest;
      if (rest.length > LONGEST_EVENT) break;
      if (split.events.length > 0) heard(split.events);
    }
  } catch {
    // Ended without a word: the same.
  }
}
