/**
 * A program that logs faster than anybody reads. Usage: flood.ts LINES REPORT
 *
 * Writes LINES numbered lines to its stdout through the log writer, then what it measured to the file REPORT; SIGUSR2 logs
 * one line more, SIGTERM ends it as `serve` ends.
 */
import { renameSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { LogWriter, descriptorOutput } from "../../src/cli/log-writer.ts";

const [lines = "0", report = ""] = process.argv.slice(2);
const PADDING = "é".repeat(100);
/** Lines in one turn of the loop. */
const BURST = 50;

const log = new LogWriter(descriptorOutput(1), { dropped: (event) => JSON.stringify(event) });
const alive = setInterval(() => undefined, 60_000);
process.on("SIGUSR2", () => log.line(JSON.stringify({ more: true })));
process.on("SIGTERM", () => {
  clearInterval(alive);
  log.line(JSON.stringify({ last: true }));
  void log.close(1_000);
});

const before = process.memoryUsage.rss();
let most = before;
let longest = 0;
for (let n = 0; n < Number(lines); n += BURST) {
  const began = performance.now();
  for (let i = n; i < n + BURST; i += 1) log.line(JSON.stringify({ n: i, padding: PADDING }));
  await setImmediate();
  longest = Math.max(longest, performance.now() - began);
  if (n % 10_000 === 0) most = Math.max(most, process.memoryUsage.rss());
}
writeFileSync(`${report}.part`, JSON.stringify({ longest, growth: (most - before) / 1_048_576 }));
renameSync(`${report}.part`, report);
