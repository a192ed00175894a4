/** The log writer before every kind of output that has stopped: never waited for, never growing, never silent about it. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { until } from "../support/loopback.ts";
import { OUTPUTS } from "./outputs.ts";

const FLOOD = new URL("flood.ts", import.meta.url).pathname;
/** About 220 bytes each: sixteen times what the writer keeps. */
const LINES = 300_000;

interface Line {
  readonly n?: number;
  readonly event?: string;
  readonly count?: number;
  readonly last?: true;
}

suite("300,000 lines before", { timeout: 180_000 }, () => {
  for (const { name, skip, start } of OUTPUTS) {
    test(name, { skip }, async (context) => {
      const folder = mkdtempSync(join(tmpdir(), "ecluse-flood-"));
      context.after(() => rmSync(folder, { recursive: true }));
      const report = join(folder, "report");
      await using stopped = start(["--conditions=source", FLOOD, String(LINES), report]);
      const { program, revive, text } = stopped;
      await until(() => existsSync(report), `the report ${program.errors()}`, 30_000);
      const { longest, growth } = JSON.parse(readFileSync(report, "utf8")) as Record<"longest" | "growth", number>;
      // A write that waited would wait for good; a garbage collection and a busy machine take some time.
      assert.ok(longest < 5_000, `the loop stood still for ${longest} ms`);
      // At most 4 MiB of lines are kept; 300,000 of them would be 60 MiB and more. The rest is the collector's leisure.
      assert.ok(growth < 56, `${growth} MiB more`);
      if (revive !== undefined) {
        revive();
        await until(() => sumOf(linesOf(text())) === LINES, "every line written or counted as dropped");
        const lines = linesOf(text());
        const numbers = lines.flatMap(({ n }) => n ?? []);
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
          "in order",
        );
        assert.equal(new Set(numbers).size, numbers.length, "none twice");
        assert.ok(numbers.length > 10_000 && numbers.length < 30_000, `${numbers.length} were kept`);
        assert.equal(lines.filter(({ event }) => event === "log-dropped").length, 1, "told once");
      }
      const before = performance.now();
      process.kill(stopped.pid(), "SIGTERM");
      assert.deepEqual(await program.exited, [0, null]);
      assert.ok(performance.now() - before < 20_000, "it ends promptly");
      assert.equal(program.errors(), "");
    });
  }
});

/** Whole lines; each must be one that was written. */
function linesOf(text: string): readonly Line[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

function sumOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { n, count }) => sum + (n === undefined ? 0 : 1) + (count ?? 0), 0);
}
