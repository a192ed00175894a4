/** `ecluse logs [SELECTOR]`: what journal, firewall and programs say of a terminal, in the order in which it happened. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { formatAddress } from "@ecluse/guard/address";
import { escapeControls } from "../../inventory/quote.ts";
import { selected } from "../../inventory/selected.ts";
import { containerLines } from "../../logs/container-log.ts";
import { gatewayLines } from "../../logs/gateway-log.ts";
import { type LogLine, inOrder } from "../../logs/log-line.ts";
import { ufwLines } from "../../logs/ufw-log.ts";
import { compile } from "../../policy/compile.ts";
import type { RelayedFlow } from "../../policy/policy.ts";
import { askPast } from "../ask-past.ts";
import { checkedInventory } from "../checked-inventory.ts";
import type { Invocation, Run } from "../command.ts";
import { type Stretch, stretchOptions, textOption } from "../given.ts";
import { formatInstant } from "../instant.ts";
import { textOf } from "../rows.ts";
import { formatTable } from "../table.ts";

const UFW_LOGS = ["/var/log/ufw.log.1", "/var/log/ufw.log"];

/** Longest answer of a program that is asked for a log. */
const PATIENCE = 20_000;
const MOST = 256 * 1_048_576;

/** What was asked, and what it said; `failed`: why it said nothing. */
interface Read {
  readonly source: string;
  readonly lines: readonly LogLine[];
  readonly failed?: string;
}

export const run: Run = async (invocation) => {
  const { operands, options, io } = invocation;
  const { inventory } = checkedInventory(invocation, "read logs by");
  const relayed = compile(inventory).flows.filter((flow) => flow.kind === "relayed");
  const flows = operands[0] === undefined ? relayed : selected(operands[0], relayed);
  const stretch = stretchOptions(options);
  const reads = [
    await journal(invocation, stretch),
    ...ufw(flows, textOption(options, "ufw-log")),
    await unit(flows, stretch),
    ...(await containers(flows, stretch)),
  ];
  const lines = inOrder(reads.map((read) => read.lines)).filter(({ at }) => isWithin(at, stretch));
  if (options["json"] !== undefined) io.out(`${JSON.stringify({ reads: reads.map(summary), lines }, null, 2)}\n`);
  else io.out(asText(lines));
  for (const { source, failed } of reads) if (failed !== undefined) io.err(`not read: ${source}: ${failed}\n`);
  return 0;
};

function summary({ source, lines, failed }: Read) {
  return { source, lines: lines.length, ...(failed === undefined ? {} : { failed }) };
}

async function journal(invocation: Invocation, stretch: Stretch): Promise<Read> {
  const source = "ecluse journal";
  try {
    const { rows } = await askPast(invocation, "journal", { select: invocation.operands[0], limit: 1_000, ...stretch });
    return { source, lines: rows.map(sessionLine) };
  } catch (error) {
    return { source, lines: [], failed: (error as Error).message };
  }
}

/** At its end: by then all of it is known. */
function sessionLine(row: Readonly<Record<string, unknown>>): LogLine {
  const word = (name: string): string => textOf(row[name] as string);
  const cause = row["cause"] ? ` (${word("cause")})` : "";
  const text = `${word("flow")}: ${word("source")} ${word("outcome")} by ${word("by")}${cause} after ${word("duration")} ms; ${word("bytesToTarget")} bytes to it, ${word("bytesToClient")} back`;
  return { at: Date.parse(word("ended")), from: "journal", text };
}

function ufw(flows: readonly RelayedFlow[], given: string | undefined): readonly Read[] {
  const doors = new Set(
    flows.flatMap(({ endpoints }) => endpoints.map(({ address, port }) => `${formatAddress(address)}:${port}`)),
  );
  const isDoor = (address: string, port: number): boolean =>
    doors.has(`${address}:${port}`) || doors.has(`0.0.0.0:${port}`);
  return (given === undefined ? UFW_LOGS : [given]).map((file): Read => {
    try {
      return { source: file, lines: ufwLines(readFileSync(file, "utf8"), { isDoor, now: Date.now() }) };
    } catch (error) {
      return { source: file, lines: [], failed: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
  });
}

async function unit(flows: readonly RelayedFlow[], { from, to }: Stretch): Promise<Read> {
  const words = ["-u", "ecluse", "-o", "cat", "--no-pager", ...stamp("--since", from), ...stamp("--until", to)];
  const ids = new Set(flows.map(({ id }) => id));
  return read("journalctl", words, (text) => gatewayLines(text, { from: "ecluse", has: (flow) => ids.has(flow) }));
}

/** journalctl(1): `@` and seconds since the epoch. */
function stamp(option: string, at: number | undefined): readonly string[] {
  return at === undefined ? [] : [option, `@${Math.floor(at / 1_000)}`];
}

/** A container for each terminal has the flow's name; one for all is called ecluse. */
async function containers(flows: readonly RelayedFlow[], stretch: Stretch): Promise<readonly Read[]> {
  const ids = new Set(flows.map(({ id }) => id));
  const names = await read("docker", ["ps", "-a", "--format", "{{.Names}}"], () => []);
  if (names.failed !== undefined) return [names];
  const list = names.text.split("\n").filter((name) => name !== "");
  const reads = list.map((name) => {
    // Compose puts the project before it and a number behind: shop-depot22-tpe03-1.
    const flow = [...ids].find((id) => name === id || name.includes(`-${id}-`));
    const has = (id: string): boolean => ids.has(id);
    if (flow !== undefined) return logsOf(name, stretch, (text) => containerLines(text, name));
    return /(?:^|-)ecluse(?:-|$)/.test(name)
      ? logsOf(name, stretch, (text) => gatewayLines(text, { from: `docker ${name}`, has }))
      : undefined;
  });
  return Promise.all(reads.filter((each) => each !== undefined));
}

function logsOf(name: string, { from, to }: Stretch, parse: Parse): Promise<Read> {
  const bounds = Object.entries({ "--since": from, "--until": to }).flatMap(([option, at]) =>
    at === undefined ? [] : [option, new Date(at).toISOString()],
  );
  return read("docker", ["logs", "--timestamps", ...bounds, name], parse);
}

type Parse = (text: string) => readonly LogLine[];

async function read(
  program: string,
  words: readonly string[],
  parse: Parse,
): Promise<Read & { readonly text: string }> {
  const source = [program, ...words].join(" ");
  try {
    const env = { ...process.env, LC_ALL: "C" };
    const { stdout, stderr } = await promisify(execFile)(program, words, { timeout: PATIENCE, maxBuffer: MOST, env });
    // `docker logs` gives back a container's stderr as its own.
    const text = program === "docker" ? `${stdout}\n${stderr}` : stdout;
    return { source, lines: parse(text), text };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const failed = code === "ENOENT" ? "there is no such program" : (message.split("\n").at(-2) ?? message);
    return { source, lines: [], failed: escapeControls(failed), text: "" };
  }
}

function isWithin(at: number, { from = -Infinity, to = Infinity }: Stretch): boolean {
  return at >= from && at < to;
}

function asText(lines: readonly LogLine[]): string {
  if (lines.length === 0) return "nothing was logged\n";
  return formatTable(
    ["WHEN", "LOG", "WHAT"],
    lines.map(({ at, from, text }) => [formatInstant(at), from, escapeControls(text)]),
  );
}
