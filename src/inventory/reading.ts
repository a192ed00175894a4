/** What resolving and checking an inventory have in common: the tree, the data, the hour, and where to complain. */
import type { FindingCode } from "./catalogue.ts";
import type { Report } from "./report.ts";
import type { RawInventory } from "./schema.ts";
import { type Mapping, type Path, type Spot, nodeAt, spotAt } from "./tree.ts";

export interface Reading {
  readonly root: Mapping;
  readonly data: RawInventory;
  /** Milliseconds since the epoch: decides what has ended. */
  readonly now: number;
  /** Names that a right may be for: declared sources, machines, and the two that always exist. */
  readonly sourceNames: ReadonlySet<string>;
  /** Where a path of `data` was written. */
  readonly spot: (path: Path, which?: "key" | "value") => Spot;
  readonly complain: (complaint: Complaint) => void;
}

export interface Complaint {
  readonly code: FindingCode;
  readonly path: Path;
  readonly message: string;
  readonly hint: string;
  /** Points at the key instead of its value. */
  readonly which?: "key";
}

export function createReading(
  parts: Pick<Reading, "root" | "data" | "now"> & { readonly written: (path: Path) => Path; readonly report: Report },
): Reading {
  const { root, data, now, written, report } = parts;
  const spot = (path: Path, which?: "key" | "value"): Spot => spotAt(root, written(path), which);
  return {
    root,
    data,
    now,
    sourceNames: new Set([...declared(root, "sources"), ...declared(root, "machines"), "depots", "any"]),
    spot,
    complain: ({ code, path, message, hint, which }) => report.add(code, spot(path, which), message, hint),
  };
}

/** The names declared in a section, whether or not what they stand for could be read: a broken source is not unknown. */
export function declared(root: Mapping, section: string): readonly string[] {
  const node = nodeAt(root, [section]);
  return node?.kind === "mapping" ? [...node.entries.keys()] : [];
}

/** The fields that are set: an absent key, not a key that holds `undefined`. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
