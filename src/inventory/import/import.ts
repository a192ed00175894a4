/**
 * The old world taken over: compose files, rules of ufw and tables of terminals -> an inventory.
 *
 * Promises that every line of it is accounted for: each thing that was read is a deed, what cannot be taken over is a
 * finding with its place, and where something was lost or contradicts itself there is no inventory at all. What it
 * writes passes `check`. Touches no disk; the caller brings the texts, and says what no file knows.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Finding } from "../finding.ts";
import { publicPortOf, terminalId } from "../numbering.ts";
import { quote } from "../quote.ts";
import { readInventory } from "../read.ts";
import { type SourceFile, sourceFile } from "../tree.ts";
import { type Account, createAccount, type Deed } from "./account.ts";
import { type ComposeOptions, readCompose } from "./compose.ts";
import { readTerminals } from "./csv-terminals.ts";
import { decodeText } from "./decode.ts";
import { type Doors, doorsOf, formatEndpoint, publishedOn } from "./doors.ts";
import type { Mapping, Rule, TerminalRow } from "./draft.ts";
import { spotOn } from "./excerpt.ts";
import { layOut, withAliases, withFlowNames } from "./lay-out.ts";
import { type Enterable, type Rights, rightsOf } from "./rights.ts";
import { rowsOfRules } from "./rule-rows.ts";
import { createSourceBook, type GivenSource, type SourceBook, tellOfUnknown, unusedOf } from "./sources.ts";
import { readUfw } from "./ufw.ts";
import { writeInventory } from "./write-inventory.ts";

export const FORMATS = ["compose", "ufw", "csv"] as const;
export type Format = (typeof FORMATS)[number];

export interface Input {
  readonly format: Format;
  /** For messages. */
  readonly name: string;
  readonly content: Uint8Array | string;
}

export interface ImportOptions extends ComposeOptions {
  /** The gateway's address, where no file says it. */
  readonly address?: Ipv4;
  readonly sources: readonly GivenSource[];
  /** Milliseconds since the epoch, by which the result is judged. */
  readonly now: number;
}

export interface Imported {
  /** YAML; absent where a finding is an error, or the gateway's address is not known. */
  readonly inventory?: string;
  readonly deeds: readonly Deed[];
  /** By file in the order given, then by line. */
  readonly findings: readonly Finding[];
  /** What was read, for code frames. */
  readonly files: readonly { readonly file: string; readonly text: string }[];
  /** Addresses on which something is published: none or several of them do not say which is the gateway's. */
  readonly publishedOn: readonly Ipv4[];
  /** Given sources that no rule named. */
  readonly unusedSources: readonly string[];
}

export function importInventory(inputs: readonly Input[], options: ImportOptions): Imported {
  const account = createAccount();
  const read = readAll(inputs, account, options);
  const hosts = publishedOn(read.mappings);
  const gateway = options.address ?? (hosts.length === 1 ? hosts[0] : undefined);
  tellOfUnknown(read.rules, options.sources, account);
  const sources = createSourceBook(options.sources);
  // An address that stands for none: what can be judged without it is judged all the same.
  const text = inventoryOf(gateway ?? hosts[0] ?? (0 as Ipv4), read, { account, sources });
  const files = read.files.map(({ name, text }) => ({ file: name, text }));
  const told = {
    deeds: account.deeds(read.files),
    publishedOn: hosts,
    unusedSources: unusedOf(read.rules, options.sources),
  };
  const findings = account.findings(read.files);
  if (gateway === undefined || account.report.hasErrors()) return { ...told, findings, files };
  const judged = judge(text, options.now);
  if (judged.length > 0) return { ...told, findings: [...findings, ...judged], files: [...files, { file: NEW, text }] };
  return { ...told, inventory: text, findings, files };
}

interface Read {
  readonly files: readonly SourceFile[];
  readonly mappings: readonly Mapping[];
  readonly rows: readonly TerminalRow[];
  readonly rules: readonly Rule[];
  readonly formats: ReadonlySet<Format>;
}

function readAll(inputs: readonly Input[], account: Account, options: ComposeOptions): Read {
  const texts = inputs.map(({ format, name, content }) => {
    const decoded = decodeText(content, format);
    const file = sourceFile(name, decoded?.text ?? "");
    if (decoded === undefined) {
      account.report.add(
        "bad-encoding",
        spotOn(file, 1),
        `${quote(name)} is not UTF-8 text, or larger than 8 MiB`,
        "save the file as UTF-8",
      );
    } else if (decoded.encoding !== "utf-8") account.did(spotOn(file, 1), `read as ${decoded.encoding}`);
    return { format, file, isRead: decoded !== undefined };
  });
  const of = (format: Format): readonly SourceFile[] =>
    texts.filter((one) => one.format === format && one.isRead).map(({ file }) => file);
  return {
    files: texts.map(({ file }) => file),
    mappings: of("compose").flatMap((file) => readCompose(file, account, options)),
    rows: of("csv").flatMap((file) => readTerminals(file, account)),
    rules: of("ufw").flatMap((file) => readUfw(file, account)),
    formats: new Set(inputs.map(({ format }) => format)),
  };
}

interface Context {
  readonly account: Account;
  readonly sources: SourceBook;
}

function inventoryOf(gateway: Ipv4, read: Read, { account, sources }: Context): string {
  const { mappings, rules, formats } = read;
  // Rules alone name terminals by their ports: the plan says where those stand.
  const isRulesAlone = !formats.has("compose") && !formats.has("csv");
  const rows = isRulesAlone ? rowsOfRules(rules, account) : read.rows;
  const doors = withFlowNames(doorsOf(gateway, { mappings, rows }, account));
  // Where something could not be read, rules would be said to lead nowhere, and doors to be for nobody.
  const isComplete = !account.report.hasErrors();
  const rights = rightsOf(isComplete ? rules : [], enterables(gateway, doors), { sources, account });
  const joined = withAliases(doors, rights.of, gateway);
  tellOfFlows(doors, joined, account);
  if (isComplete) tellOfNobody(joined, rights, { account, hasRules: formats.has("ufw") });
  const layout = { gateway, doors: joined, sources: sources.declared(), rightsOf: rights.of };
  return writeInventory(layOut(layout, account), headOf(read.files));
}

function enterables(gateway: Ipv4, { terminals, others }: Doors): readonly Enterable[] {
  return [
    ...terminals.map(({ position, aliases, target }) => ({
      id: terminalId(position),
      target,
      endpoints: [publicPortOf(position), ...aliases].map((port) => ({ address: gateway, port })),
    })),
    ...others.map(({ name, listen, target }) => ({ id: `flow/${name}`, endpoints: [listen], target })),
  ];
}

function tellOfNobody(
  { terminals, others }: Doors,
  rights: Rights,
  { account, hasRules }: { readonly account: Account; readonly hasRules: boolean },
): void {
  const doors = [
    ...terminals.map(({ at, position }) => ({ at, id: terminalId(position), port: String(publicPortOf(position)) })),
    ...others.map(({ at, name, listen }) => ({ at, id: `flow/${name}`, port: formatEndpoint(listen) })),
  ];
  const [first] = doors;
  if (!hasRules && first !== undefined) {
    account.did(first.at, `no rules were given (--ufw FILE): nobody may enter any of the ${doors.length} doors`);
  }
  for (const { at, id, port } of hasRules ? doors : []) {
    if (rights.of(id).length > 0) continue;
    const hint = "nothing to do where nobody should; else write allow: [...] with the sources that may";
    account.report.add("nobody", at, `${id}: no rule is for ${port}, so nobody may enter`, hint);
  }
}

/** Terminals were told as they were read; of the other doors it is known only now what they become. */
function tellOfFlows({ others: before }: Doors, { others }: Doors, account: Account): void {
  for (const door of before) {
    const leads = `${formatEndpoint(door.listen)} -> ${formatEndpoint(door.target)}`;
    const fate = others.includes(door) ? `becomes flow/${door.name}` : "becomes one more port of that terminal";
    account.did(door.at, `${leads} (by ${door.by}) ${fate}`);
  }
}

const NEW = "the inventory";

/** The last word is `check`'s: what it refuses is never written. */
function judge(text: string, now: number): readonly Finding[] {
  const { findings } = readInventory({ [NEW]: text }, now);
  return findings.filter(({ severity }) => severity === "error");
}

function headOf(files: readonly SourceFile[]): readonly string[] {
  const names = [...new Set(files.map(({ name }) => quote(name)))].join(", ");
  return [
    `Who may reach what: taken over by ecluse import from ${names}.`,
    "Every key is explained in docs/inventory.md.",
  ];
}
