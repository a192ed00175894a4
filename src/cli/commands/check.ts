/** `ecluse check`: what is wrong with an inventory, or what it opens. */
import { EcluseError } from "../../errors.ts";
import { type LoadResult, loadInventory } from "../../inventory/load.ts";
import type { Inventory } from "../../inventory/model.ts";
import { nearestIds, parseSelector, selects } from "../../inventory/selector.ts";
import { compile } from "../../policy/compile.ts";
import type { Flow } from "../../policy/policy.ts";
import type { Invocation, Run } from "../command.ts";
import { countFindings, formatAnnotations, formatFindings } from "../findings-report.ts";
import { type FlowRow, flowRow, formatFlowTable } from "../flow-table.ts";
import { inventoryFile } from "../inventory-file.ts";

export const run: Run = (invocation) => Promise.resolve(check(invocation));

function check(invocation: Invocation): 0 | 1 {
  const { options, operands, io } = invocation;
  refuseContradictions(invocation);
  const file = inventoryFile(invocation);
  const result = loadInventory(file);
  const flows = result.inventory && compile(result.inventory).flows;
  const rows =
    options["show"] === undefined || flows === undefined ? undefined : selected(flows, operands[0]).map(flowRow);
  if (options["json"] !== undefined) io.out(asJson(result, flows, rows));
  else if (options["github"] !== undefined) io.out(formatAnnotations(result.findings));
  else io.out(asText({ file, result, flows, rows, colour: io.colour }));
  // Notices inform; they fail nothing.
  return result.findings.some(({ severity }) => severity !== "notice") ? 1 : 0;
}

function refuseContradictions({ options, operands }: Invocation): void {
  const formats = ["json", "github"].filter((name) => options[name] !== undefined);
  if (formats.length > 1) throw usage("--json and --github cannot stand together", "choose one");
  if (operands.length > 0 && options["show"] === undefined) {
    throw usage("a SELECTOR needs --show", "write ecluse check --show SELECTOR");
  }
}

function usage(problem: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot check the inventory: ${problem}`, { hint });
}

function selected(flows: readonly Flow[], text: string | undefined): readonly Flow[] {
  if (text === undefined) return flows;
  const selector = parseSelector(text);
  const found = selector === undefined ? [] : flows.filter((flow) => selects(selector, flow));
  if (found.length > 0) return found;
  const near = nearestIds(
    text,
    flows.map(({ id }) => id),
  ).join(", ");
  throw new EcluseError("no-such-flow", `Cannot show ${JSON.stringify(text)}: no flow of the inventory has that name`, {
    hint: near === "" ? "the inventory has no flow" : `the nearest are ${near}`,
  });
}

interface Summary {
  readonly depots: number;
  readonly terminals: number;
  /** All of them: terminals, services and generic flows. */
  readonly flows: number;
  /** Declared ones, machines not counted. */
  readonly sources: number;
  readonly grantsWithEnd: number;
}

function summaryOf(inventory: Inventory, flows: readonly Flow[]): Summary {
  const implied = new Set(["depots", "any", ...inventory.machines.map(({ name }) => name)]);
  return {
    depots: inventory.depots.length,
    terminals: inventory.depots.reduce((sum, { terminals }) => sum + terminals.length, 0),
    flows: flows.length,
    sources: inventory.sources.filter(({ name }) => !implied.has(name)).length,
    grantsWithEnd: new Set(flows.flatMap(({ grants }) => grants.filter(({ until }) => until !== undefined))).size,
  };
}

function asJson(result: LoadResult, flows: readonly Flow[] | undefined, rows: readonly FlowRow[] | undefined): string {
  const { inventory, findings } = result;
  const data = {
    valid: inventory !== undefined,
    counts: countFindings(findings),
    findings,
    ...(inventory && flows ? { summary: summaryOf(inventory, flows) } : {}),
    ...(rows ? { flows: rows } : {}),
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

interface Shown {
  readonly file: string;
  readonly result: LoadResult;
  readonly flows: readonly Flow[] | undefined;
  readonly rows: readonly FlowRow[] | undefined;
  readonly colour: boolean;
}

function asText({ file, result, flows, rows, colour }: Shown): string {
  const { findings, inventory } = result;
  const said = findings.length === 0 ? "" : `${formatFindings(findings, result.files, { colour })}\n`;
  const table = rows === undefined ? "" : `${formatFlowTable(rows)}\n`;
  const { errors, warnings, notices } = countFindings(findings);
  const counted = [counting(errors, "error"), counting(warnings, "warning"), counting(notices, "notice")];
  const found = counted.filter((text) => !text.startsWith("0 ")).join(", ");
  const last = inventory && flows ? `${file}: ${inWords(summaryOf(inventory, flows))}` : `${file}: refused`;
  return `${said}${table}${last}${found === "" ? "" : ` (${found})`}\n`;
}

function inWords(summary: Summary): string {
  const { depots, terminals, flows, sources, grantsWithEnd } = summary;
  return [
    counting(depots, "depot"),
    counting(terminals, "terminal"),
    counting(flows, "flow"),
    counting(sources, "source"),
    `${counting(grantsWithEnd, "grant")} with an end`,
  ].join(", ");
}

function counting(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
