/**
 * A journal on a disk of its own, run in a mount namespace by disk.test.ts; says on stdout what it saw, as JSON.
 * Usage: disk.ts full|tiny|read-only FOLDER
 */
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Journal } from "../../src/journal/journal.ts";
import { openStoppedJournal } from "../../src/journal/stopped-journal.ts";
import { until } from "../support/loopback.ts";
import { journal, session, written } from "./support.ts";

export interface Seen {
  readonly message: string | undefined;
  readonly waiting: number;
  readonly dropped: number;
  /** Sessions in the file at the end. */
  readonly sessions: number | undefined;
  /** Of the gap. */
  readonly lost: number | undefined;
  readonly sound: boolean;
  readonly setAside: readonly string[];
  readonly crashes: number;
  readonly names: readonly string[];
  /** Of the event loop, in milliseconds. */
  readonly longestDelay: number;
}

/** How the trouble begins, and how it ends. */
interface Trouble {
  readonly begin: (folder: string, file: string) => Promise<Journal>;
  readonly end: (folder: string) => void;
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  /** Full in the middle of the journal's work, to the last block. */
  full: {
    begin: async (folder, file) => {
      const opened = journal(file);
      opened.session(session());
      await written(opened);
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, "filler"), Buffer.alloc(bavail * bsize));
      return opened;
    },
    end: (folder) => {
      rmSync(join(folder, "filler"));
      remount(folder, "size=64m");
    },
  },
  /** No room for the tables. */
  tiny: {
    begin: (_folder, file) => Promise.resolve(journal(file)),
    end: (folder) => remount(folder, "size=64m"),
  },
  "read-only": {
    begin: async (folder, file) => {
      const before = journal(file);
      before.session(session());
      await written(before);
      await before.close(5_000);
      remount(folder, "ro");
      return journal(file);
    },
    end: (folder) => remount(folder, "rw"),
  },
};

function remount(folder: string, option: string): void {
  execFileSync("mount", ["-o", `remount,${option}`, folder]);
}

async function see({ begin, end }: Trouble, folder: string): Promise<Seen> {
  const file = join(folder, "journal.db");
  const opened = await begin(folder, file);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  for (let index = 0; index < 60_000; index += 1) opened.session(session());
  await until(() => opened.health.state === "failing", "trouble told");
  const { lastError, waiting, dropped } = opened.health;
  delay.disable();
  end(folder);
  await written(opened);
  const names = readdirSync(folder);
  await opened.close(10_000);
  using stopped = openStoppedJournal(file);
  const { gaps } = await stopped.sessions({ limit: 1 });
  return {
    message: lastError?.message,
    waiting: waiting.sessions,
    dropped: dropped.sessions,
    sessions: opened.health.stored?.rows.sessions,
    lost: gaps[0]?.sessions,
    sound: (await stopped.verify()).sound,
    setAside: opened.health.setAside,
    crashes: opened.health.crashes,
    names,
    longestDelay: delay.max / 1e6,
  };
}

const [name = "", folder = ""] = process.argv.slice(2);
const trouble = TROUBLES[name];
if (trouble !== undefined) process.stdout.write(JSON.stringify(await see(trouble, folder)));
