/** `ecluse import`: an inventory from the files by which the old world runs. What it did goes to stderr, line by line. */
import { formatAddress, type Ipv4, type Network, parseAddress, parseNetwork } from "@ecluse/guard/address";
import { existsSync, readFileSync } from "node:fs";
import { cannotWrite, writeDurably } from "../../change/durable.ts";
import { EcluseError } from "../../errors.ts";
import { formatPlace } from "../../inventory/finding.ts";
import { type Format, FORMATS, type Imported, importInventory, type Input } from "../../inventory/import/import.ts";
import type { GivenSource } from "../../inventory/import/sources.ts";
import { escapeControls, quote } from "../../inventory/quote.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation, Run } from "../command.ts";
import { countFindings, formatFindings } from "../findings-report.ts";
import { textOption, textsOption } from "../given.ts";
import { counted } from "../table.ts";

export const run: Run = async (invocation) => {
  const { options } = invocation;
  const inputs = inputsOf(invocation);
  const out = textOption(options, "out");
  if (out !== undefined) refuseToOverwrite(out, invocation);
  const address = addressOption(options);
  const imported = importInventory(inputs, {
    ...(address === undefined ? {} : { address }),
    sources: textsOption(options, "source").map(givenSource),
    profiles: textsOption(options, "profile"),
    repair: options["repair"] !== undefined,
    now: systemClock.wall(),
  });
  tell(imported, invocation);
  if (imported.inventory !== undefined) refuseUnused(imported);
  else if (!hasErrors(imported)) throw noAddress(imported);
  await hand(imported, out, invocation);
  return exitCode(imported);
};

function inputsOf({ operands: [format, ...names], options }: Invocation): readonly Input[] {
  if (!isFormat(format)) {
    throw usage(
      `${quote(format ?? "")} is no format`,
      `write one of ${FORMATS.join(", ")}: ecluse import compose FILE`,
    );
  }
  const named = [
    ...names.map((name) => ({ format, name })),
    ...(["ufw", "csv"] as const).flatMap((other) =>
      textsOption(options, other).map((name) => ({ format: other, name })),
    ),
  ];
  if (named.filter(({ name }) => name === "-").length > 1) {
    throw usage("standard input can be read only once", "name files");
  }
  if (format !== "compose" && (options["repair"] !== undefined || options["profile"] !== undefined)) {
    throw usage("--repair and --profile are for compose files", "leave them out");
  }
  return named.map(({ format: one, name }) => ({
    format: one,
    name: name === "-" ? "standard input" : name,
    content: contentOf(name),
  }));
}

function isFormat(text: string | undefined): text is Format {
  return FORMATS.some((format) => format === text);
}

function contentOf(name: string): Uint8Array {
  try {
    return readFileSync(name === "-" ? 0 : name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = READING[code ?? ""] ?? message;
    const hint = "name a file that you may read; - for standard input";
    throw new EcluseError("usage", `Cannot read ${escapeControls(name)}: ${reason}`, { hint, cause: error });
  }
}

const READING: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

function refuseToOverwrite(out: string, { options }: Invocation): void {
  if (options["force"] !== undefined || !existsSync(out)) return;
  throw new EcluseError("cannot-write", `Cannot write ${escapeControls(out)}: the file exists already`, {
    hint: "name another file, or add --force",
  });
}

function addressOption(options: Invocation["options"]): Ipv4 | undefined {
  const text = textOption(options, "address");
  const address = text === undefined ? undefined : parseAddress(text);
  if (text !== undefined && address === undefined) {
    throw usage(`${quote(text)} is not an IPv4 address`, "write --address 198.51.100.10");
  }
  return address;
}

/** `IP_AUTORISEE=203.0.113.7`, `odoo=203.0.113.7,203.0.113.16/28`. */
function givenSource(text: string): GivenSource {
  const [, name, list] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || list === undefined) {
    throw usage(`${quote(text)} names no source and its address`, "write --source IP_AUTORISEE=203.0.113.7");
  }
  const networks = list.split(",").map((one) => networkOf(one.trim()));
  return { name: name.trim(), networks };
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (!("kind" in network)) return network;
  throw usage(`${quote(text)} is not an IPv4 address or network`, "write 203.0.113.7, or 203.0.113.16/28");
}

function noAddress({ publishedOn }: Imported): EcluseError {
  const [first = "198.51.100.10", ...others] = publishedOn.map(formatAddress);
  const problem =
    others.length === 0
      ? "no file says the gateway's address"
      : `the files publish on several addresses, ${[first, ...others].join(", ")}`;
  return usage(problem, `say on which one the doors are offered: --address ${first}`);
}

/** A name that was given in vain was probably misspelt, and somebody would miss from the inventory. */
function refuseUnused({ unusedSources: [first] }: Imported): void {
  if (first === undefined) return;
  throw usage(`no rule names the source ${quote(first)}, or its address`, "correct --source, or leave it out");
}

function usage(problem: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot import: ${problem}`, { hint });
}

function hasErrors({ findings }: Imported): boolean {
  return findings.some(({ severity }) => severity === "error");
}

function exitCode({ findings }: Imported): ExitCode {
  return findings.some(({ severity }) => severity !== "notice") ? 1 : 0;
}

function tell({ deeds, findings, files }: Imported, { io, options }: Invocation): void {
  if (options["json"] !== undefined) return;
  for (const { place, text } of deeds) io.err(`${escapeControls(formatPlace(place))}: ${text}\n`);
  if (findings.length > 0) io.err(`${formatFindings(findings, files, { colour: false })}\n`);
}

async function hand(imported: Imported, out: string | undefined, { io, options }: Invocation): Promise<void> {
  const { inventory, deeds, findings } = imported;
  if (inventory !== undefined && out !== undefined) await write(out, inventory);
  if (options["json"] !== undefined) {
    const data = { inventory: inventory ?? null, counts: countFindings(findings), did: deeds, findings };
    io.out(`${JSON.stringify(data, null, 2)}\n`);
  } else if (inventory === undefined) {
    io.err(`nothing written: ${counted(countFindings(findings).errors, "error")}\n`);
  } else if (out === undefined) io.out(inventory);
  else io.err(`${escapeControls(out)} written. Now: ecluse check --inventory ${escapeControls(out)}\n`);
}

async function write(out: string, inventory: string): Promise<void> {
  // Its folder's others may read an inventory that `init` writes; so this one, too.
  await writeDurably(out, inventory, { mode: 0o640 }).catch((error: unknown) => {
    throw error instanceof EcluseError ? error : cannotWrite(out, error);
  });
}
