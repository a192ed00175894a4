/** What /proc says of processes: their children, their processor time, their memory. Processes that just ended count as 0. */
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: the unit of /proc/PID/stat and /proc/stat, 100 on every architecture that Node runs on (proc(5), sysconf(3)). */
const TICKS_PER_SECOND = 100;

/**
 * Of all processes of a tree, in bytes. PSS shares a page out among all that map it, RSS counts it in each.
 *
 * `alone` is what the tree takes on a machine with nothing else: its anonymous pages, those that fork left shared
 * counted once, and the program's own pages as its largest process has them. PSS would flatter a subject written in
 * Node, because the bench itself runs Node and would bear a share of Node's pages.
 */
export interface Memory {
  readonly alone: number;
  readonly pss: number;
  readonly rss: number;
}

/** A process and all its descendants. */
export function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap((child) => treeOf(child))];
}

/**
 * Seconds of processor time of a tree, children that were waited for included (socat forks one per connection).
 *
 * Living threads are read to the nanosecond (schedstat): stat rounds each process down to 10 ms, and many small ones
 * would count for nothing. Threads that ended are missed; the subjects end none while they work.
 */
export function cpuSecondsOf(pid: number | undefined): number {
  if (pid === undefined) return 0;
  return treeOf(pid).reduce((sum, member) => sum + ownSeconds(member) + waitedForSeconds(member), 0);
}

function ownSeconds(pid: number): number {
  const nanoseconds = tasksOf(pid).map((task) => Number.parseInt(read(`/proc/${pid}/task/${task}/schedstat`) || "0"));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** Fields 16 and 17 of stat, cutime and cstime; after the name in parentheses, which may hold spaces, comes field 3. */
function waitedForSeconds(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).replace(/^.*\)/s, "").trim().split(" ");
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / TICKS_PER_SECOND;
}

/** Memory of a tree. What the kernel holds for its sockets is not in it. */
export function memoryOf(pid: number): Memory {
  let [pss, rss, anonymous, program] = [0, 0, 0, 0];
  for (const member of treeOf(pid)) {
    const rollup = read(`/proc/${member}/smaps_rollup`);
    const resident = kibibytes(rollup, "Rss");
    pss += kibibytes(rollup, "Pss");
    rss += resident;
    anonymous += kibibytes(rollup, "Pss_Anon");
    program = Math.max(program, resident - kibibytes(rollup, "Anonymous"));
  }
  return { alone: anonymous + program, pss, rss };
}

/** Seconds that all processors of the machine spent busy since it started: tells whether somebody else was working. */
export function machineBusySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = read("/proc/stat")
    .replace(/^cpu\s+/, "")
    .split("\n", 1)
    .flatMap((line) => line.split(" ").map(Number));
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

function childrenOf(pid: number): readonly number[] {
  return tasksOf(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
  );
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function kibibytes(rollup: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
