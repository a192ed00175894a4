/**
 * Who has logged in: random ids in cookies, of which only digests are kept.
 *
 * They outlive the process, in a file beside the token: a dashboard that people keep open must not ask for the token again
 * whenever the gateway is replaced. A login ends when its person says so, after twelve idle hours, or with its token.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../change/durable.ts";
import { digest } from "./token.ts";

const IDLE = 12 * 3_600_000;

/** Logins at most; of more, the one that was idle longest goes. */
const MOST = 64;

export interface Login {
  /** Who changes are written down for. */
  readonly name: string;
  /** Digest of the token it was made with. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly seen: number;
}

export interface LoginsOptions {
  /** The state directory. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class Logins {
  readonly #path: string;
  readonly #now: () => number;
  /** By the digest of its id; the one that was seen last comes last. */
  readonly #list: Map<string, Login>;
  #writing: Promise<void> = Promise.resolve();

  private constructor({ folder, now }: LoginsOptions, list: Map<string, Login>) {
    this.#path = fileIn(folder);
    this.#now = now;
    this.#list = list;
  }

  static async open(options: LoginsOptions): Promise<Logins> {
    return new Logins(options, await kept(fileIn(options.folder)));
  }

  /** Returns the id for the cookie. */
  async begin(name: string, token: string): Promise<string> {
    const id = randomBytes(32).toString("base64url");
    this.#list.set(keyOf(id), { name, token: keyOf(token), seen: this.#now() });
    for (const [oldest] of this.#list) {
      if (this.#list.size <= MOST) break;
      this.#list.delete(oldest);
    }
    await this.#keep();
    return id;
  }

  /** The login of an id, where it still holds for this token; it is seen by being asked for. */
  find(id: string, token: string): Login | undefined {
    const key = keyOf(id);
    const login = this.#list.get(key);
    if (login === undefined) return undefined;
    this.#list.delete(key);
    if (login.token !== keyOf(token) || this.#now() - login.seen > IDLE) return undefined;
    this.#list.set(key, { ...login, seen: this.#now() });
    return login;
  }

  async end(id: string): Promise<void> {
    if (this.#list.delete(keyOf(id))) await this.#keep();
  }

  /** Writes down when each was last seen. */
  close(): Promise<void> {
    return this.#list.size === 0 ? this.#writing : this.#keep();
  }

  /** One write after another. A disk that is full must keep nobody from the dashboard: then they log in again some day. */
  #keep(): Promise<void> {
    this.#writing = this.#writing
      .then(() => writeDurably(this.#path, JSON.stringify([...this.#list])))
      .catch(() => undefined);
    return this.#writing;
  }
}

function fileIn(folder: string): string {
  return join(folder, "dashboard.logins");
}

function keyOf(secret: string): string {
  return digest(secret).toString("base64url");
}

async function kept(path: string): Promise<Map<string, Login>> {
  try {
    const list = JSON.parse(await readFile(path, "utf8")) as readonly (readonly [string, Login])[];
    return new Map(list);
  } catch {
    // None yet, or a file that cannot be used: everybody logs in again.
    return new Map();
  }
}
