/**
 * The token that opens the dashboard: 32 random bytes in a file of the state directory, its owner's alone.
 *
 * The file is read at each question, so that a new token holds at once, whichever process wrote it.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chown, mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeDurably } from "../../change/durable.ts";
import { EcluseError } from "../../errors.ts";
import { escapeControls } from "../../inventory/quote.ts";

const BYTES = 32;

/** base64url of 32 bytes. */
const FORM = /^[\w-]{43}$/;

export class TokenFile {
  readonly path: string;

  /** `folder`: the state directory. */
  constructor(folder: string) {
    this.path = join(folder, "dashboard.token");
  }

  /** The token that holds; made where there is none. Throws `cannot-write`. */
  async current(): Promise<string> {
    const kept = (await this.#read()).trim();
    return FORM.test(kept) ? kept : this.replace();
  }

  /** A new token: the one before it, and every login made with that, hold no longer. Throws `cannot-write`. */
  async replace(): Promise<string> {
    const token = randomBytes(BYTES).toString("base64url");
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw this.#closed(error);
    });
    await writeDurably(this.path, `${token}\n`);
    await ownedAs(this.path, dirname(this.path));
    return token;
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw this.#closed(error);
    }
  }

  #closed(cause: unknown): EcluseError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new EcluseError(
      "cannot-write",
      `Cannot keep the dashboard's token in ${escapeControls(this.path)}: ${why}`,
      {
        hint: "run it as the user of the gateway, or name a folder of your own with --state FOLDER",
        cause,
      },
    );
  }
}

/** What root makes in a folder of the gateway's user is that user's. */
async function ownedAs(path: string, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  await chown(path, uid, gid);
}

/** In the same time whatever was given: what is compared are digests. */
export function isSameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

export function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
