/** Ends the process of a test file that has run out of time, with all that it started: the run would wait for it. */
import { readFileSync } from "node:fs";
import { treeOf } from "../bench/proc.ts";

/** Ours alone, by their ids; nothing where the system has no /proc. */
export function endTestsOf(file: string): void {
  const tests = treeOf(process.pid).filter((pid) => pid !== process.pid && wordsOf(pid).includes(file));
  for (const pid of new Set(tests.flatMap((each) => treeOf(each)))) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}
