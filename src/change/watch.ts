/**
 * Notices that files have changed, by asking for their state: it works on every filesystem, for files that are replaced
 * as editors and configuration managers do, and for files that come and go.
 */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../engine/engine.ts";

/** Milliseconds between two looks. */
const PERIOD = 2_000;

export interface WatchOptions {
  /** The files, and with them the folders they are in: asked at each look. */
  readonly files: () => readonly string[];
  readonly clock: Clock;
  /** Called once for each look that found a change; not before a file has been left alone for one period. */
  readonly changed: () => void;
}

/** Watches until the returned function is called. */
export function watchFiles({ files, clock, changed }: WatchOptions): () => void {
  let told: string | undefined;
  let last: string | undefined;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const seen = await statesOf(files());
    looking = false;
    told ??= seen;
    // Only a state that has stayed for a period is read: half of a large file may be written by now.
    if (seen !== told && seen === last) {
      told = seen;
      changed();
    }
    last = seen;
  };
  void look();
  return clock.every(PERIOD, () => void look());
}

async function statesOf(files: readonly string[]): Promise<string> {
  const paths = new Set([...files, ...files.map((file) => dirname(file))]);
  const states = await Promise.all(Array.from(paths, stateOf));
  return states.join("\n");
}

async function stateOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return `${path} -`;
  return found.isDirectory() ? `${path} ${found.mtimeNs}` : `${path} ${found.ino} ${found.size} ${found.mtimeNs}`;
}
