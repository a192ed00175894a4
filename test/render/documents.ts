/** The documents of a subject, by their path below `documents/`, as tests read them. */
import type { RenderedFile } from "../../src/render/rendered-file.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { TARGETS } from "../../src/render/targets.ts";

export interface RenderedDocument {
  readonly path: string;
  readonly text: string;
  readonly format: NonNullable<RenderedFile["form"]>["format"];
  readonly language: "fr" | "en";
}

export async function documentsOf(
  subject: Subject,
  isWanted: (target: string) => boolean = () => true,
): Promise<readonly RenderedDocument[]> {
  const targets = await Promise.all(TARGETS.filter(({ name }) => isWanted(name)).map((target) => target.load()));
  return targets
    .flatMap(({ render }) => (render === undefined ? [] : wellRendered(render, subject)))
    .flatMap((file) =>
      file.form === undefined ? [] : [{ path: file.path, text: textOf(file, subject), ...file.form }],
    );
}

/** Another target may refuse the subject: it is not of concern here. */
function wellRendered(
  render: (subject: Subject) => readonly RenderedFile[],
  subject: Subject,
): readonly RenderedFile[] {
  try {
    return render(subject);
  } catch {
    return [];
  }
}

export async function documentAt(subject: Subject, path: string): Promise<string> {
  const [, target] = /^\w\w\/([a-z-]+)/.exec(path) ?? [];
  const found = (await documentsOf(subject, (name) => name === target)).find(
    (each) => each.path === `documents/${path}`,
  );
  if (found === undefined) throw new TypeError(`no document ${path}`);
  return found.text;
}
