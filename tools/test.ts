/**
 * Runs every test file, and under CI=true counts a skipped test as a failure unless `test/allowed-skips.json` names it:
 * a test that quietly stopped running proves nothing. Usage: node tools/test.ts [GLOB ...]
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { endTestsOf } from "./left-behind.ts";

const DEFAULT = [
  "src/**/*.test.ts",
  "packages/**/*.test.ts",
  "test/**/*.test.ts",
  "tools/**/*.test.ts",
  "bench/**/*.test.ts",
];

/** Longest test that does not say otherwise; longest silence of a file after one that ran out of time. In milliseconds. */
const PATIENCE = 300_000;
const SILENCE = 120_000;

const patterns = process.argv.slice(2);
const files = globSync(patterns.length === 0 ? DEFAULT : patterns, {
  exclude: ["**/node_modules/**", "test/fixtures/**"],
}).sort();
const allowed = JSON.parse(readFileSync(new URL("../test/allowed-skips.json", import.meta.url), "utf8")) as string[];
const skipped: string[] = [];
/** By file: what ends it once it is silent. */
const hung = new Map<string, NodeJS.Timeout>();

if (files.length === 0) fail(`no test file matches ${patterns.join(" ")}`);

// What a program under test keeps by default must not be the user's own.
const home = mkdtempSync(join(tmpdir(), "ecluse-tests-"));
process.env["XDG_STATE_HOME"] = join(home, "state");
process.env["XDG_RUNTIME_DIR"] = join(home, "run");
process.on("exit", () => rmSync(home, { recursive: true, force: true }));

const stream = run({ files, concurrency: 2, timeout: PATIENCE, execArgv: ["--conditions=source"] });
stream.on("test:fail", ({ file, details }) => {
  process.exitCode = 1;
  heardOf(file);
  const { failureType } = details.error as Error & { failureType?: string };
  if (failureType !== "testTimeoutFailure" || file === undefined || hung.has(file)) return;
  hung.set(file, setTimeout(endTestsOf, SILENCE, file).unref());
});
stream.on("test:pass", ({ file, name, skip }) => {
  heardOf(file);
  if (skip !== undefined && skip !== false) skipped.push(name);
});
stream.once("end", () => {
  const unexpected = skipped.filter((name) => !allowed.includes(name));
  if (process.env["CI"] === "true" && unexpected.length > 0) fail(`skipped under CI: ${unexpected.join("; ")}`);
});
stream.pipe(new spec()).pipe(process.stdout);

function heardOf(file: string | undefined): void {
  if (file !== undefined) hung.get(file)?.refresh();
}

function fail(why: string): void {
  process.stderr.write(`tests: ${why}\n`);
  process.exitCode = 1;
}
