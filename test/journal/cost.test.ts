/** What the relay's thread pays: printed, and held only to generous bounds, for machines differ. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "node:test";
import { ipv4 } from "../support/loopback.ts";
import { NOON, folder, journal, session, written } from "./support.ts";

const SESSIONS = 100_000;

test(`${SESSIONS} sessions`, async (context) => {
  using at = folder();
  const opened = journal(at.file, { bounds: { sessions: SESSIONS }, period: 250 });
  await opened.flows();
  const records = Array.from({ length: SESSIONS }, (_, index) => varied(index));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  let spent = 0;
  for (let index = 0; index < SESSIONS; index += 100) {
    const before = performance.now();
    for (const record of records.slice(index, index + 100)) opened.session(record);
    spent += performance.now() - before;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await written(opened);
  const seconds = (performance.now() - start) / 1_000;
  delay.disable();
  await opened.close(10_000);

  const bytes = statSync(at.file).size / SESSIONS;
  const call = (spent * 1_000) / SESSIONS;
  context.diagnostic(`${call.toFixed(2)} microseconds a call, ${Math.round(SESSIONS / seconds)} rows a second written`);
  context.diagnostic(`${bytes.toFixed(0)} bytes a session in the file, its two indices included`);
  context.diagnostic(
    `loop delay: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, most ${(delay.max / 1e6).toFixed(1)} ms`,
  );
  assert.ok(bytes < 120, `${bytes} bytes a session`);
  assert.ok(call < 50, `${call} microseconds a call`);
  assert.ok(delay.percentile(99) < 250e6);
});

/** As a large gateway sees them: 7,128 terminals, 300 addresses, half a minute of ends out of order. */
function varied(index: number): ReturnType<typeof session> {
  const depot = (index % 72) + 1;
  const terminal = ((index * 7) % 99) + 1;
  return session({
    flow: `depot${depot}-tpe${terminal}`,
    endpoint: { address: ipv4("198.51.100.10"), port: 10_000 + depot * 100 + terminal },
    target: { address: ipv4(`172.17.${depot}.${9 + terminal}`), port: 8888 },
    source: ipv4(`203.0.${index % 3}.${index % 100}`),
    startedAt: NOON + index * 5 + ((index * 7919) % 30_000),
    duration: 1_000 + ((index * 104_729) % 60_000),
    bytesToTarget: 54 + (index % 90),
    bytesToClient: 120 + (index % 300),
    outcome: index % 50 === 0 ? "reset" : "closed",
    by: index % 2 === 0 ? "client" : "target",
  });
}
