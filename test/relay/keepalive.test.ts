/** Keepalive on both sides, with the policy's time; read from the system, for no packet shows it sooner. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { procAddress } from "../support/loopback.ts";
import { through } from "../support/pair.ts";

/** Linux, Documentation/networking/proc_net_tcp.rst: timer 2 is keepalive, its time in hundredths of a second. */
const KEEPALIVE = "02";

test("both sides of a session are probed after the policy's time of silence", async () => {
  await using pair = await through({ limits: { keepalive: 120_000 } });
  const { client, door, terminal } = pair;
  const sockets = readFileSync("/proc/net/tcp", "utf8");
  const toClient = timerOf(sockets, procAddress(door), procAddress({ host: "127.0.0.1", port: client.localPort ?? 0 }));
  const toTarget = timerOf(sockets, undefined, procAddress(terminal));
  for (const { kind, seconds } of [toClient, toTarget]) {
    assert.equal(kind, KEEPALIVE);
    assert.ok(seconds > 100 && seconds <= 121, `${seconds} s`);
  }
});

/** The timer of the open connection between two places, as the system shows them. */
function timerOf(
  sockets: string,
  local: string | undefined,
  remote: string,
): { readonly kind: string | undefined; readonly seconds: number } {
  const lines = sockets.split("\n").map((line) => line.trim().split(/\s+/));
  const line = lines.find((words) => (local === undefined || words[1] === local) && words[2] === remote);
  const [kind, time] = line?.[5]?.split(":") ?? [];
  return { kind, seconds: Number.parseInt(time ?? "0", 16) / 100 };
}
