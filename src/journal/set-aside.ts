/** A journal that cannot be used is kept under another name, and a new one begun: the gateway goes on, and nothing is lost. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Damaged files kept; an ailing disk must not be filled with them. */
const KEPT = 3;

/**
 * Renames the file and its WAL to `FILE.corrupt-TIME` (or `.newer-TIME`) and returns that name. Of the damaged ones only
 * the last three are kept.
 */
export function setAside(file: string, kind: "corrupt" | "newer", now: number): string {
  const aside = freeName(`${file}.${kind}-${stamp(now)}`);
  // The WAL first: a crash in between must not leave an old WAL to a new file.
  for (const suffix of ["-wal", "-shm", ""]) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${aside}${suffix}`);
  }
  forgetOldest(file);
  return aside;
}

function forgetOldest(file: string): void {
  const folder = dirname(file);
  const damaged = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}.corrupt-`) && !/-(?:wal|shm)$/.test(name))
    .sort();
  for (const name of damaged.slice(0, Math.max(0, damaged.length - KEPT))) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, `${name}${suffix}`), { force: true });
  }
}

/** Sortable, and without the colons that some programs cannot have in a name. */
function stamp(now: number): string {
  return new Date(now).toISOString().replaceAll(":", "").replace(".", "");
}

function freeName(name: string): string {
  let free = name;
  for (let more = 2; existsSync(free); more += 1) free = `${name}-${more}`;
  return free;
}
