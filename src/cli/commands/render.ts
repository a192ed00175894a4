/** `ecluse render`: every file and document that follows from the inventory, printed, written or compared. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MANIFEST, manifestOf } from "../../render/manifest.ts";
import { type RenderedFile, dateOf, textOf } from "../../render/rendered-file.ts";
import type { Subject } from "../../render/subject.ts";
import type { ExitCode, Invocation, Run } from "../command.ts";
import { ALL, type Choice, rendered, theOne, usage } from "../render-choice.ts";
import { renderSubject } from "../render-subject.ts";
import { type Drift, Earlier, type Writing, driftOf, writeAll } from "../rendered-folder.ts";

export const run: Run = async (invocation) => {
  const choice = choiceOf(invocation);
  const out = outOf(invocation, choice);
  const subject = dated(await renderSubject(invocation, Date.now()), invocation.options["check"] && out);
  const { files, refused } = await rendered(choice, subject);
  for (const { message, hint } of refused) invocation.io.err(`ecluse: error: ${message}\necluse: hint: ${hint}\n`);
  if (files.length === 0) throw usage("nothing is left of it", "leave --machine, --language or --format out");
  if (out === undefined) {
    invocation.io.out(textOf(theOne(files, subject), subject));
    return 0;
  }
  const code = await deliver(invocation, { out, isAll: choice.name === ALL, subject, files });
  return refused.length > 0 ? 1 : code;
};

function choiceOf({ operands, options }: Invocation): Choice {
  const given = (["machine", "language", "format"] as const).map((name) => [name, options[name]] as const);
  const texts = given.filter(([, value]) => typeof value === "string");
  return { name: operands[0] ?? "", ...(Object.fromEntries(texts) as Omit<Choice, "name">) };
}

function outOf({ options }: Invocation, { name }: Choice): string | undefined {
  const out = options["out"];
  if (typeof out === "string") return out;
  if (name === ALL) throw usage("all targets do not go into one output", "name a folder: ecluse render all --out DIR");
  if (options["check"] !== undefined) throw usage("--check compares files", "name them: --out PATH");
  return undefined;
}

/** What is compared bears the date of what is there. */
function dated(subject: Subject, there: string | true | undefined): Subject {
  if (typeof there !== "string" || !existsSync(there)) return subject;
  const date = isFolder(there) ? new Earlier(there).manifest?.date : dateOf(readFileSync(there, "utf8"));
  return { ...subject, date: date ?? subject.date };
}

interface Delivery {
  readonly out: string;
  readonly isAll: boolean;
  readonly subject: Subject;
  readonly files: readonly RenderedFile[];
}

async function deliver(invocation: Invocation, delivery: Delivery): Promise<ExitCode> {
  const { out, isAll } = delivery;
  const writings = writingsOf(delivery);
  const earlier = new Earlier(out);
  const gone = isAll ? earlier.leftOver(writings) : [];
  if (invocation.options["check"] !== undefined) return tellDrift(invocation, driftOf(writings, gone));
  const all = isAll ? [...writings, manifestFile(delivery, writings)] : writings;
  const removed = await writeAll(all, gone, { earlier, force: invocation.options["force"] !== undefined });
  const kept = gone.filter((path) => !removed.includes(path));
  return tellWritten(invocation, { written: writings.map(({ path }) => path), removed, kept });
}

/** A folder takes the files under their own paths; another `out` is the one file's name. */
function writingsOf({ out, isAll, subject, files }: Delivery): readonly Writing[] {
  const intoFolder = isAll || isFolder(out);
  return (intoFolder ? files : [theOne(files, subject)]).map((file) => ({
    path: intoFolder ? join(out, file.path) : out,
    text: textOf(file, subject),
    executable: file.executable ?? false,
  }));
}

function isFolder(path: string): boolean {
  return path.endsWith("/") || (existsSync(path) && statSync(path).isDirectory());
}

function manifestFile({ out, subject, files }: Delivery, writings: readonly Writing[]): Writing {
  const texts = new Map(files.map(({ path }, index) => [path, writings[index]?.text ?? ""]));
  const text = `${JSON.stringify(manifestOf(texts, subject), null, 2)}\n`;
  return { path: join(out, MANIFEST), text, executable: false };
}

function tellDrift({ options, io }: Invocation, drift: readonly Drift[]): ExitCode {
  if (options["json"] !== undefined) io.out(`${JSON.stringify(drift, null, 2)}\n`);
  else io.out(drift.length === 0 ? "as rendered\n" : drift.map(inWords).join(""));
  return drift.length === 0 ? 0 : 1;
}

function inWords({ path, state, line = 0, there = "", rendered: should = "" }: Drift): string {
  if (state === "missing") return `${path}: missing\n`;
  if (state === "left-over") return `${path}: no longer rendered\n`;
  return `${path}:${line}: differs\n  there:    ${there}\n  rendered: ${should}\n`;
}

interface Written {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** No longer rendered, and changed by hand: left where it is. */
  readonly kept: readonly string[];
}

function tellWritten({ options, io }: Invocation, { written, removed, kept }: Written): ExitCode {
  if (options["json"] !== undefined) {
    io.out(`${JSON.stringify({ written, removed, kept }, null, 2)}\n`);
    return 0;
  }
  for (const path of written) io.out(`${path}\n`);
  for (const path of removed) io.out(`${path}: no longer rendered, removed\n`);
  for (const path of kept) io.out(`${path}: no longer rendered, but changed by hand: left there\n`);
  return 0;
}
