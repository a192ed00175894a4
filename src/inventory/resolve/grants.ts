/** Lists of rights: who may enter, always or until an instant. */
import type { Grant } from "../model.ts";
import { nearest } from "../nearest.ts";
import { quote } from "../quote.ts";
import { defined, type Reading } from "../reading.ts";
import type { RawGrant } from "../schema.ts";
import { nodeAt, type Path } from "../tree.ts";
import { instant, prose } from "./values.ts";

/** Reads the list at `path`; each right that cannot be read is left out. No list: nobody. */
export function grants(reading: Reading, raw: readonly RawGrant[] | undefined, path: Path): readonly Grant[] {
  if (raw?.length === 0) complainOfEmpty(reading, path);
  const seen = new Set<string>();
  return (raw ?? []).flatMap((item, index) => {
    const here = [...path, index];
    const value = grant(reading, item, here);
    if (value === undefined) return [];
    if (!seen.has(value.source)) {
      seen.add(value.source);
      return [value];
    }
    const message = `${quote(value.source)} is listed twice`;
    reading.complain({ code: "listed-twice", path: here, message, hint: "keep one right for each source" });
    return [];
  });
}

/** Only of a list that was written empty: items that the schema took out were complained of already. */
export function complainOfEmpty(reading: Reading, path: Path): void {
  const node = nodeAt(reading.root, path);
  if (node?.kind === "list" && node.items.length > 0) return;
  const message = `the list ${quote(String(path.at(-1)))} is empty`;
  const hint =
    path.at(-1) === "terminals"
      ? "list the depot's terminals, or remove the depot"
      : "name who may come, or remove the key: nothing listed means nobody enters";
  reading.complain({ code: "empty-list", path, message, hint });
}

function grant(reading: Reading, raw: RawGrant, path: Path): Grant | undefined {
  if (typeof raw === "string") return known(reading, raw, path) ? { source: raw } : undefined;
  const { until, reason } = raw;
  const source = known(reading, raw.source, [...path, "source"]) ? raw.source : undefined;
  const end = until === undefined ? undefined : instant(reading, { text: until, path: [...path, "until"] });
  const why = reason === undefined ? undefined : prose(reading, { text: reason, path: [...path, "reason"] });
  // A right whose end cannot be read must not become one without end.
  if (source === undefined || (until !== undefined && end === undefined)) return undefined;
  if (end !== undefined && end <= reading.now) {
    const message = `the right of ${quote(source)} ended at ${new Date(end).toISOString()}`;
    const hint = "remove it; a right that has ended lets nobody in";
    reading.complain({ code: "grant-expired", path: [...path, "until"], message, hint });
  }
  return defined({ source, until: end, reason: why });
}

function known(reading: Reading, name: string, path: Path): boolean {
  if (reading.sourceNames.has(name)) return true;
  const names = [...reading.sourceNames];
  const same = nearest(name, names);
  const hint =
    same === undefined
      ? `the sources are ${names
          .slice(0, 12)
          .map((other) => quote(other))
          .join(", ")}`
      : `did you mean ${same}?`;
  reading.complain({ code: "unknown-source", path, message: `${quote(name)} is not a declared source`, hint });
  return false;
}
