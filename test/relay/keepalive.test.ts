/** Keepalive on both sides, with the policy's time; read from the system, for no packet shows it sooner. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { procSocket, until } from "../support/loopback.ts";
import { through } from "../support/pair.ts";

/** Linux, Documentation/networking/proc_net_tcp.rst: timer 2 is keepalive, its time in hundredths of a second. */
const KEEPALIVE = "02";

test("both sides of a session are probed after the policy's time of silence", async () => {
  await using pair = await through({ limits: { keepalive: 120_000 } });
  const { client, door, terminal } = pair;
  const toClient = (): Timer => timerOf(procSocket(door, { host: "127.0.0.1", port: client.localPort ?? 0 }));
  const toTarget = (): Timer => timerOf(procSocket(undefined, terminal));
  for (const timer of [toClient, toTarget]) {
    // From the next sweep on: a session that is over by then needs none.
    await until(() => timer().kind === KEEPALIVE, "a keepalive timer");
    const { seconds } = timer();
    assert.ok(seconds > 100 && seconds <= 121, `${seconds} s`);
  }
});

interface Timer {
  readonly kind: string | undefined;
  readonly seconds: number;
}

/** The timer of a connection, as the system shows it: `02:00002ee0`. */
function timerOf(words: readonly string[]): Timer {
  const [kind, time] = words[5]?.split(":") ?? [];
  return { kind, seconds: Number.parseInt(time ?? "0", 16) / 100 };
}
