/**
 * Writing a file so that, whatever happens, it afterwards holds the old content or the new, and nothing else.
 *
 * A temporary file in the same folder is written, synchronised, and renamed over the old one; then the folder is
 * synchronised, for without that a power cut may undo the rename. Off the event loop: a slow disk stalls no session.
 * What a process that was killed leaves behind is swept at the next start.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EcluseError } from "../errors.ts";
import { escapeControls } from "../inventory/quote.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;

const LEFTOVER = /^\..+\.[0-9a-f]{24}\.ecluse-tmp$/;

export interface WriteOptions {
  /** Permissions of the file, whatever the umask; default 0600. */
  readonly mode?: number;
}

/**
 * Writes the whole content. Resolves once it would survive a power cut. A symbolic link at `path` is replaced, not
 * followed. Rejects with `cannot-write`; the file then holds what it held, unless the message says that it is written
 * and may not survive.
 */
export async function writeDurably(
  path: string,
  content: Uint8Array | string,
  { mode = 0o600 }: WriteOptions = {},
): Promise<void> {
  let renamed = false;
  // Each step waits for a turn of an event loop that relays, so what can be done side by side is.
  const opening = open(dirname(path), O_RDONLY | O_DIRECTORY);
  opening.then(undefined, () => "told where it is awaited, unless the temporary file fails first");
  try {
    const temporary = await filled(path, content, mode);
    try {
      // Before the rename: what can fail should fail while the old content stands.
      await opening;
      await rename(temporary, path);
    } catch (error) {
      // The first error is the one to tell; a leftover is swept later.
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    renamed = true;
    await (await opening).sync();
  } catch (error) {
    throw renamed ? uncertain(path, error) : cannotWrite(path, error);
  } finally {
    opening.then(close, () => undefined);
  }
}

/** Removes a file for good. Resolves once its absence would survive a power cut; a file that is not there is removed. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await using folder = await open(dirname(path), O_RDONLY | O_DIRECTORY);
    await unlink(path).catch(unlessMissing);
    await folder.sync();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Removes what interrupted writes left in a folder; only for a folder in which nobody is writing. Returns their names. */
export async function sweepLeftovers(folder: string): Promise<readonly string[]> {
  const leftovers = (await readdir(folder)).filter((name) => LEFTOVER.test(name));
  for (const name of leftovers) await removeDurably(join(folder, name));
  return leftovers;
}

/** The error of a write that did not happen: what was attempted, what stood in the way, what to try. */
export function cannotWrite(path: string, cause: unknown): EcluseError {
  const { words, hint } = reasonOf(cause);
  return new EcluseError("cannot-write", `Cannot write ${escapeControls(path)}: ${words}`, { hint, cause });
}

/** A temporary file beside `path` with the content, synchronised. Resolves with its path; where it rejects it is gone. */
async function filled(path: string, content: Uint8Array | string, mode: number): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(12).toString("hex")}.ecluse-tmp`);
  const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await writeWhole(file, typeof content === "string" ? Buffer.from(content) : content);
    if (mode !== 0o600) await file.chmod(mode);
    await file.sync();
    return temporary;
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    close(file);
  }
}

/** At once where the system takes it at once, as it does: `writeFile` would go round the loop for each half megabyte. */
async function writeWhole(file: FileHandle, content: Uint8Array): Promise<void> {
  for (let written = 0; written < content.length;) {
    written += (await file.write(content, written, content.length - written, written)).bytesWritten;
  }
}

/** What is synchronised is safe: nobody waits for the descriptor to be gone, nor can its end tell anything. */
function close(file: FileHandle): void {
  file.close().catch(() => undefined);
}

function uncertain(path: string, cause: unknown): EcluseError {
  const { words, hint } = reasonOf(cause);
  const message = `Cannot make sure that ${escapeControls(path)}, which is written, survives a power cut: ${words}`;
  return new EcluseError("cannot-write", message, { hint, cause });
}

const REASONS: Readonly<Record<string, readonly [words: string, hint: string]>> = {
  ENOSPC: ["no space left on the device", "free some space (df -h, df -i); what the file held is intact"],
  EDQUOT: ["the disk quota is used up", "free some space or raise the quota; what the file held is intact"],
  EIO: ["the device reported an input/output error", "look at the disk (dmesg, smartctl) before trying again"],
  EROFS: ["the file system is read-only", "remount it, or name another folder with gateway.state"],
  EACCES: ["permission denied", "give the folder to the user that the gateway runs as"],
  EPERM: ["operation not permitted", "give the folder to the user that the gateway runs as"],
  ENOENT: ["no such folder", "create the folder, or name another"],
  ENOTDIR: ["a part of its path is not a folder", "name another folder"],
  EISDIR: ["a folder has that name", "move that folder away"],
  EMFILE: ["too many open files", "raise the limit of open files (ulimit -n, LimitNOFILE=)"],
};

function reasonOf(cause: unknown): { readonly words: string; readonly hint: string } {
  const { code, message } = cause as NodeJS.ErrnoException;
  const [words, hint] = REASONS[code ?? ""] ?? [message, "check the folder and its disk"];
  return { words: code === undefined || words === message ? words : `${words} (${code})`, hint };
}

function unlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
