/** Follows a gateway's events, and keeps what it is told. */
import type { RouteName } from "../../src/control/routes.ts";
import { ROUTES } from "../../src/control/routes.ts";
import { type Followed, follow } from "../../src/control/follow.ts";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import { systemClock } from "../../src/cli/clock.ts";
import type { Clock } from "../../src/engine/engine.ts";
import { until } from "../support/loopback.ts";

export interface Following extends AsyncDisposable {
  readonly events: readonly Followed[];
  /** Of one name, as far as they were told. */
  readonly of: (event: string) => readonly Readonly<Record<string, unknown>>[];
  /** The last id. */
  readonly last: () => string;
  /** Resolves when the gateway has ended it; rejects where it broke off. */
  readonly ended: Promise<unknown>;
}

/** Nobody is looked at unasked: terminals are heard of by sessions alone. */
export const NO_PROBES: Clock = {
  ...systemClock,
  every: (period, callback) => (period === 1_000 ? () => undefined : systemClock.every(period, callback)),
};

/** From an id on: an overview's, or another event's. */
export function following(control: string, after?: string): Following {
  const events: Followed[] = [];
  const stop = new AbortController();
  const reading = (async (): Promise<void> => {
    const parameters = after === undefined ? {} : { after };
    for await (const event of follow(control, "events", parameters, { signal: stop.signal })) events.push(event);
  })();
  reading.catch(() => undefined);
  return {
    events,
    of: (name) =>
      events.filter(({ event }) => event === name).map(({ data }) => data as Readonly<Record<string, unknown>>),
    last: () => events.at(-1)?.id ?? "",
    ended: reading,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await reading.catch(() => undefined);
    },
  };
}

/** Asks for the events, and then reads nothing. */
export async function deaf(control: string): Promise<Socket> {
  const name: RouteName = "events";
  const socket = connect(control);
  await once(socket, "connect");
  socket.pause();
  socket.write(`GET ${ROUTES[name].path} HTTP/1.1\r\nHost: ecluse\r\n\r\n`);
  return socket;
}

/** Waits until somebody's events are followed: one who comes later would be told from then on only. */
export async function heard(followed: Following, count: number, event: string): Promise<void> {
  await until(() => followed.of(event).length >= count, `${count} x ${event}`);
}
