/** Which files a command line asks for: of one target or all, for the gateway or a machine, in which language and format. */
import { EcluseError } from "../errors.ts";
import type { Machine } from "../inventory/model.ts";
import type { DocumentFormat, RenderedFile } from "../render/rendered-file.ts";
import type { Subject } from "../render/subject.ts";
import type { Rendering, Target } from "../render/target.ts";
import { TARGETS } from "../render/targets.ts";

export interface Choice {
  /** A target's name, or `all`. */
  readonly name: string;
  /** For this back-end machine only. */
  readonly machine?: string;
  /** Of documents, only those. */
  readonly language?: string;
  readonly format?: string;
}

export interface Chosen {
  readonly files: readonly RenderedFile[];
  /** Where everything was asked for: what could not be rendered without danger. */
  readonly refused: readonly EcluseError[];
}

export const ALL = "all";

/** Throws `usage` where a name means nothing, `cannot-render` where the one target asked for refuses. */
export async function rendered(choice: Choice, subject: Subject): Promise<Chosen> {
  const files: RenderedFile[] = [];
  const refused: EcluseError[] = [];
  for (const target of targetsOf(choice)) {
    try {
      files.push(...filesOf(target.name, await target.load(), { choice, subject }));
    } catch (error) {
      if (!(error instanceof EcluseError) || error.code !== "cannot-render" || choice.name !== ALL) throw error;
      refused.push(error);
    }
  }
  return { files: files.filter((file) => isWanted(file, choice)), refused };
}

/** Of several forms of one document the likeliest: the inventory's language, Markdown. Throws `usage` where there are more. */
export function theOne(files: readonly RenderedFile[], { inventory: { language } }: Subject): RenderedFile {
  const spoken = files.filter(({ form }) => form === undefined || form.language === language);
  const format = FORMATS.find((each) => spoken.some(({ form }) => form?.format === each));
  const likely = files.length === 1 ? files : spoken.filter(({ form }) => form === undefined || form.format === format);
  const [only, ...more] = likely;
  if (only !== undefined && more.length === 0) return only;
  const names = files.map(({ path }) => path).join(", ");
  throw usage(`there are ${files.length} files: ${names}`, "name a folder: --out DIR/");
}

export function usage(problem: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot render: ${problem}`, { hint });
}

const FORMATS: readonly DocumentFormat[] = ["md", "svg", "html", "csv"];

function targetsOf({ name }: Choice): readonly Target[] {
  if (name === ALL) return TARGETS;
  const found = TARGETS.filter((target) => target.name === name);
  if (found.length > 0) return found;
  const known = TARGETS.map((target) => target.name).join(", ");
  throw usage(`there is no target ${JSON.stringify(name)}`, `the targets are all, ${known}`);
}

function filesOf(
  name: string,
  { render, renderMachine, isLeftOut }: Rendering,
  { choice, subject }: { readonly choice: Choice; readonly subject: Subject },
): readonly RenderedFile[] {
  if (choice.machine !== undefined) {
    const machine = machineOf(subject, choice.machine);
    if (renderMachine === undefined && choice.name !== ALL) {
      throw usage(`${name} has nothing for a back-end machine`, "leave --machine out");
    }
    return renderMachine?.(subject, machine) ?? [];
  }
  if (choice.name === ALL && isLeftOut?.(subject) === true) return [];
  if (choice.name === ALL) return [...(render?.(subject) ?? []), ...ofAllMachines(renderMachine, subject)];
  if (render === undefined) throw usage(`${name} is for back-end machines`, "name one: --machine NAME");
  return render(subject);
}

/** Each machine's files in a folder of its own. */
function ofAllMachines(renderMachine: Rendering["renderMachine"], subject: Subject): readonly RenderedFile[] {
  if (renderMachine === undefined) return [];
  return subject.inventory.machines.flatMap((machine) =>
    renderMachine(subject, machine).map((file) => ({ ...file, path: `machines/${machine.name}/${file.path}` })),
  );
}

function machineOf({ inventory: { machines } }: Subject, name: string): Machine {
  const found = machines.find((machine) => machine.name === name);
  if (found !== undefined) return found;
  const known = machines.map((machine) => machine.name).join(", ");
  const hint = known === "" ? "it has none: write some below machines:" : `it has ${known}`;
  throw usage(`the inventory has no machine ${JSON.stringify(name)}`, hint);
}

function isWanted({ form }: RenderedFile, { language, format }: Choice): boolean {
  if (form === undefined) return true;
  return (language ?? form.language) === form.language && (format ?? form.format) === form.format;
}
