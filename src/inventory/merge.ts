/** Several files, one inventory: same keys, merged; a key that two files set is a finding with both places. */
import { formatPlace } from "./finding.ts";
import { formatPath } from "./quote.ts";
import type { Report } from "./report.ts";
import { type Entry, type Mapping, type Path, placeOf, type Tree } from "./tree.ts";

/** Sections whose entries may come from several files. A depot, a source or a limit is written whole in one of them. */
const SECTIONS: ReadonlySet<string> = new Set([
  "contact",
  "gateway",
  "sources",
  "depots",
  "machines",
  "services",
  "flows",
]);

/** The first file's tree with what the others add. `include` was followed already and belongs to each file alone. */
export function mergeTrees(trees: readonly [Mapping, ...Mapping[]], report: Report): Mapping {
  const [main, ...others] = trees;
  return others.reduce((merged, tree) => mergeMappings(merged, tree, [], report), main);
}

function mergeMappings(into: Mapping, from: Mapping, path: Path, report: Report): Mapping {
  const entries = new Map<string, Entry>(into.entries);
  for (const [key, entry] of from.entries) {
    if (path.length === 0 && key === "include") continue;
    const first = entries.get(key);
    const both = first && mergeValues(first.value, entry.value, [...path, key], report);
    if (first === undefined) entries.set(key, entry);
    else if (both !== undefined) entries.set(key, { ...first, value: both });
    else {
      const message = `${formatPath([...path, key])} is also set at ${formatPlace(placeOf(first.at))}`;
      report.add("set-twice", entry.at, message, "set it in one file only");
    }
  }
  return { ...into, entries };
}

/** `undefined`: the two cannot stand together. */
function mergeValues(first: Tree, second: Tree, path: Path, report: Report): Tree | undefined {
  const [section, ...rest] = path;
  if (rest.length > 0) return undefined;
  if (section === "exceptions" && first.kind === "list" && second.kind === "list") {
    return { ...first, items: [...first.items, ...second.items] };
  }
  const mapped = first.kind === "mapping" && second.kind === "mapping" && SECTIONS.has(String(section));
  return mapped ? mergeMappings(first, second, path, report) : undefined;
}
