/**
 * A gateway's worth of journal in a process of its own, for tests that kill it: one change and 49 sessions to each batch,
 * a line on stdout after each written one, without end. Usage: writer.ts FILE FIRST
 */
import { NOON, journal, session } from "./support.ts";

const [file = "", first = "0"] = process.argv.slice(2);
const opened = journal(file, { batch: 50, period: 60_000 });

for (let batch = Number(first); ; batch += 1) {
  opened.changed({ at: NOON + batch, by: "writer", action: "batch", subject: String(batch) });
  for (let index = 0; index < 49; index += 1)
    opened.session(session({ startedAt: NOON + batch, bytesToTarget: batch }));
  // At most two batches wait, so that most kills meet one being written.
  while (opened.health.waiting.sessions > 98) await new Promise((resolve) => setTimeout(resolve, 1));
  process.stdout.write(`${batch}\n`);
}
