/** The line before a terminal or a target: only where its places are counted, and only where somebody may wait in it. */
import type { Queue } from "../model.ts";
import { formatPath } from "../quote.ts";
import type { Reading } from "../reading.ts";
import type { RawPlaces } from "../schema.ts";
import { nodeAt, type Path } from "../tree.ts";
import { duration } from "./values.ts";

/** As many as the design's own example lets wait, and as long; in milliseconds. */
const USUAL: Queue = { length: 4, wait: 30_000 };
const WAIT = { least: 100, most: 3_600_000 };

/** The line of what stands at `path`; absent: who finds every place taken is turned away. */
export function queue(reading: Reading, raw: RawPlaces, path: Path): Queue | undefined {
  const wait = waitOf(reading, raw, path);
  if (raw.busy !== "queue") {
    if (raw.queue !== undefined) complain(reading, [...path, "queue"], "busy: queue");
    return undefined;
  }
  // Asked of what was written: a number out of bounds was complained of already.
  if (nodeAt(reading.root, [...path, "sessions"]) === undefined) complain(reading, [...path, "busy"], "sessions: 1");
  return { length: raw.queue?.length ?? USUAL.length, wait: wait ?? USUAL.wait };
}

function waitOf(reading: Reading, raw: RawPlaces, path: Path): number | undefined {
  const text = raw.queue?.wait;
  return text === undefined ? undefined : duration(reading, { text, path: [...path, "queue", "wait"] }, WAIT);
}

/** A line without an end, or one in which nobody would ever wait, is not what somebody meant. */
function complain(reading: Reading, path: Path, needed: string): void {
  const key = needed.slice(0, needed.indexOf(":"));
  const message = `${formatPath(path)} has no effect without ${key === "busy" ? needed : key}`;
  reading.complain({
    code: "missing-key",
    path,
    message,
    hint: `write ${needed} beside it, or remove it`,
    which: "key",
  });
}
