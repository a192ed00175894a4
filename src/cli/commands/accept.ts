/** `ecluse accept`: tries what must connect and what must be refused, and writes the acceptance report. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { doorOf, pageOf } from "../../accept/page.ts";
import { type Report, untriedOf } from "../../accept/report.ts";
import { WORDS, foundIn } from "../../accept/words.ts";
import { writeDurably } from "../../change/durable.ts";
import { EcluseError } from "../../errors.ts";
import { canonicalJson } from "../../journal/canonical.ts";
import type { Json } from "../../journal/rows.ts";
import { acceptance } from "../acceptance.ts";
import { systemClock } from "../clock.ts";
import type { Policy, RelayedFlow } from "../../policy/policy.ts";
import type { ExitCode, Invocation, Run } from "../command.ts";
import { textOption } from "../given.ts";
import { checkLoad, loadStep } from "../load-step.ts";
import { formatTable } from "../table.ts";

export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  const isLoaded = options["load"] !== undefined;
  const check = (planned: Policy): void => {
    if (isLoaded) checkLoad(options, loadable(planned));
  };
  const { report: tried, policy } = await acceptance(invocation, { now: systemClock.wall, check });
  const report = isLoaded ? { ...tried, ...(await loaded(invocation, tried, policy)) } : tried;
  const hash = hashOf(report);
  const out = textOption(options, "out");
  if (out !== undefined) await write(out, report, hash);
  if (options["json"] !== undefined) io.out(asJson(report, hash));
  else io.out(asText(report, hash, out));
  return exitOf(report);
};

/** The flows whose terminals may be looked at by a bare connection. */
function loadable({ flows }: Policy): readonly RelayedFlow[] {
  const relayed = flows.filter((flow) => flow.kind === "relayed");
  return relayed.filter(({ probe, acceptProxy }) => probe !== "none" && acceptProxy === undefined);
}

/** Through the doors that were found open to an address of this host, from there. */
async function loaded(
  invocation: Invocation,
  { cells, vantages }: Report,
  policy: Policy,
): Promise<Pick<Report, "load">> {
  const here = vantages.filter(({ via }) => via === "here").map(({ name }) => name);
  const open = cells.filter(({ verdict, expect, vantage = "" }) => {
    return verdict === "passed" && expect === "connect" && here.includes(vantage);
  });
  const from = open.find(({ kind }) => kind === "relayed")?.from;
  const ids = new Set(open.filter((cell) => cell.from === from).map(({ flow }) => flow));
  const flows = loadable(policy).filter(({ id }) => ids.has(id));
  if (flows.length > 0) return { load: await loadStep(invocation, { policy, flows, from }) };
  invocation.io.err("ecluse: warning: no load: no address of this host was let in anywhere\n");
  return {};
}

/** 2 where nothing at all could be tried: that is no acceptance. */
function exitOf({ counts }: Report): ExitCode {
  if (counts.failed > 0) return 1;
  return counts.passed === 0 ? 2 : 0;
}

function hashOf(report: Report): string {
  return createHash("sha256")
    .update(canonicalJson(report as unknown as Json))
    .digest("hex");
}

function asJson(report: Report, hash: string): string {
  return `${JSON.stringify({ ...report, hash }, null, 2)}\n`;
}

/** Who reaches what, and how it is refused: for the operators. */
async function write(folder: string, report: Report, hash: string): Promise<void> {
  const files = [
    ["acceptance.json", asJson(report, hash)],
    ["acceptance.fr.html", pageOf(report, hash, "fr")],
    ["acceptance.en.html", pageOf(report, hash, "en")],
  ] as const;
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) await writeDurably(join(folder, name), text, { mode: 0o640 });
  } catch (error) {
    throw new EcluseError("cannot-write", `Cannot write the report to ${folder}: ${(error as Error).message}`, {
      hint: "name another folder: --out DIR",
      cause: error,
    });
  }
}

function asText(report: Report, hash: string, out: string | undefined): string {
  const words = WORDS.en;
  const failed = report.cells.filter(({ verdict }) => verdict === "failed");
  const rows = failed.map((cell) => [
    cell.flow,
    doorOf(cell),
    cell.vantage ?? "",
    words.cases[cell.case],
    words.expect[cell.expect],
    foundIn(words, cell),
  ]);
  const untried = untriedOf(report.cells).map(({ case: kind, skip, source, detail, flows }) => [
    words.cases[kind] + (source === undefined ? "" : ` (${source})`),
    `${flows.length} ${flows.length === 1 ? "flow" : "flows"}`,
    words.skips[skip] + (detail === undefined ? "" : ` (${detail})`),
  ]);
  return [
    ...(rows.length === 0 ? [] : [formatTable(["FAILED", "DOOR", "FROM", "ATTEMPT", "EXPECTED", "FOUND"], rows), "\n"]),
    ...(untried.length === 0 ? [] : [formatTable(["NOT TRIED", "AT", "WHY"], untried), "\n"]),
    ...summaryOf(report, hash, out).map((line) => `${line}\n`),
  ].join("");
}

function summaryOf(
  { counts, gateway, sample, load }: Report,
  hash: string,
  out: string | undefined,
): readonly string[] {
  const words = WORDS.en;
  const { passed, failed, notTried } = counts;
  return [
    ...(gateway?.same === false ? [`the gateway runs another inventory: number ${gateway.number} of its history`] : []),
    ...(sample === undefined ? [] : [words.sampled(sample.flows, sample.of, sample.seed)]),
    ...(load === undefined ? [] : [`load: ${words.loaded(load.visits, load.rate, load.lasting / 1_000)}`]),
    `${passed} passed, ${failed} failed, ${notTried} not tried`,
    `sha256 ${hash}${out === undefined ? "" : `, report in ${out}`}`,
  ];
}
