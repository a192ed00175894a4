/**
 * The state directory: what the gateway must still know after it was killed.
 *
 * Promises that one gateway at a time has it, that nobody else can read it (0700, files 0600), and that what interrupted
 * writes left behind is gone. What stands in it belongs to `history.ts`, `temporary-grants-store.ts`, `operations-store.ts`.
 */
import { spawnSync } from "node:child_process";
import { type Stats, closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { chmod, mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EcluseError } from "../errors.ts";
import { escapeControls } from "../inventory/quote.ts";
import { cannotWrite, sweepLeftovers } from "./durable.ts";

const LOCK = "lock";
const FOLDERS = ["history"];

export interface State extends AsyncDisposable {
  readonly folder: string;
  /** The open lock: a process that inherits this descriptor holds the lock too, until both have closed it. */
  readonly lock: number;
  /** Names of files that an interrupted write had left, now removed. */
  readonly swept: readonly string[];
  /** Writes this process down as the holder, for whoever finds the directory taken. */
  readonly sign: () => void;
}

/**
 * Takes the state directory, creating it where it is missing. Disposing gives it back. `inherited` is the descriptor of
 * the lock, where another process of this gateway has passed it on. Rejects with `cannot-write` where the directory
 * belongs to somebody else, or another gateway has it.
 */
export async function openState(folder: string, inherited?: number): Promise<State> {
  const whole = resolve(folder);
  try {
    await prepare(whole);
    const lock = await takeLock(join(whole, LOCK), inherited);
    try {
      sign(lock);
      return stateOf({ folder: whole, lock, swept: await sweep(whole) });
    } catch (error) {
      closeSync(lock);
      throw error;
    }
  } catch (error) {
    throw error instanceof EcluseError ? error : cannotWrite(whole, error);
  }
}

async function prepare(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) await ensurePrivate(folder);
  else await syncFolder(dirname(first));
}

/** Never closes a folder that may be somebody else's, such as /tmp or a home named by mistake. */
async function ensurePrivate(folder: string): Promise<void> {
  const found = await stat(folder);
  if (isPrivate(found)) return;
  const names = await readdir(folder);
  if (found.uid === process.getuid?.() && (names.length === 0 || names.includes(LOCK))) return chmod(folder, 0o700);
  const mode = (found.mode & 0o777).toString(8);
  const why = found.uid === process.getuid?.() ? `others may enter it (mode ${mode})` : "it belongs to another user";
  throw new EcluseError("cannot-write", `Cannot keep state in ${escapeControls(folder)}: ${why}`, {
    hint: `name an empty folder with gateway.state, or if it is only for Ecluse, make it yours and: chmod 700 ${escapeControls(folder)}`,
  });
}

function isPrivate({ mode, uid }: Stats): boolean {
  return (mode & 0o077) === 0 && uid === process.getuid?.();
}

async function sweep(folder: string): Promise<readonly string[]> {
  const swept = [...(await sweepLeftovers(folder))];
  for (const name of FOLDERS) {
    const inner = join(folder, name);
    if ((await mkdir(inner, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(folder);
    swept.push(...(await sweepLeftovers(inner)).map((leftover) => join(name, leftover)));
  }
  return swept;
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}

/** Why flock(2), by the program of that name on a descriptor of ours: docs/decisions/state.md. */
async function takeLock(path: string, inherited: number | undefined): Promise<number> {
  const lock = inherited ?? openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    // Where it was inherited it is locked already: then this finds our own lock, and changes nothing.
    lockDescriptor(lock, path, holderOf(lock));
    // Somebody removed the file while we waited for it: two could each hold their own.
    if (fstatSync(lock).ino !== (await stat(path)).ino) throw lockError(path, "it was replaced meanwhile", "try again");
    return lock;
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

function stateOf(held: Pick<State, "folder" | "lock" | "swept">): State {
  return {
    ...held,
    sign: () => sign(held.lock),
    [Symbol.asyncDispose]: () => {
      closeSync(held.lock);
      return Promise.resolve();
    },
  };
}

function sign(lock: number): void {
  ftruncateSync(lock, 0);
  writeSync(lock, `${process.pid}\n`, 0);
}

/** Who wrote itself down as the holder: for the message only, the kernel knows better. */
function holderOf(lock: number): string {
  const buffer = Buffer.alloc(16);
  const text = buffer.toString("latin1", 0, readSync(lock, buffer, 0, 16, 0)).trim();
  return /^\d+$/.test(text) ? `process ${text}` : "another process";
}

function lockDescriptor(fd: number, path: string, holder: string): void {
  // The lock belongs to the open file, which both share: it stays when the helper ends, and goes when we do.
  const { status, error } = spawnSync("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  if (status === 0) return;
  if (status === 1) {
    const hint = "stop that gateway first (ecluse status), or give this one a folder of its own with gateway.state";
    throw lockError(path, `${holder} has it`, hint);
  }
  const words = error?.message ?? `flock ended with ${status ?? "a signal"}`;
  throw lockError(path, words, "the program flock is needed: it is in the package util-linux");
}

function lockError(path: string, words: string, hint: string): EcluseError {
  return new EcluseError("cannot-write", `Cannot lock ${escapeControls(path)}: ${words}`, { hint });
}
