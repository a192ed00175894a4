/**
 * The kernel's connections through our doors, by the program `conntrack`: its events as they happen, its list now and
 * then, and their end where we want it.
 *
 * Events may be lost when the kernel has more to tell than is read, and nobody says since when the program listens: so the
 * list is read when it has started, whenever it says that it lost some, and now and then besides. The program is started
 * again where it ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { formatAddress } from "@ecluse/guard/address";
import { PLAIN, type RunProgram, runProgram } from "../../netfilter/run-program.ts";
import type { Clock } from "../engine.ts";
import { type ConntrackEntry, parseConntrack } from "./conntrack-entry.ts";

/** How often the list is read although nothing seems to be missing, in milliseconds. */
const RESYNC = 10_000;
/** How soon after its start the program is taken to listen, and how long to wait before it is started again. */
const SETTLING = 500;

/** `-g`: with a translated destination, as all of ours have. Events are bounded by the socket's buffer, in bytes. */
const EVENTS = ["-E", "-p", "tcp", "-g", "-o", "timestamp,id", "-b", "8388608"];
const LIST = ["-L", "-p", "tcp", "-g", "-o", "id"];

export interface ConntrackOptions {
  readonly clock: Clock;
  readonly happened: (entry: ConntrackEntry) => void;
  /** Called when the list is about to be read; what it answers is called with every connection that stands there. */
  readonly listing: () => (entries: readonly ConntrackEntry[]) => void;
  /** It cannot be read; or it can again, `undefined`. */
  readonly failed: (complaint: string | undefined) => void;
  readonly run?: RunProgram;
}

export class Conntrack {
  readonly #options: ConntrackOptions;
  readonly #run: RunProgram;
  #child: ChildProcess | undefined;
  #stopTimer: (() => void) | undefined;
  #listing: Promise<void> | undefined;
  #listAgain = false;
  #elapsed = 0;
  #isClosed = false;

  constructor(options: ConntrackOptions) {
    this.#options = options;
    this.#run = options.run ?? runProgram();
  }

  /** Resolves once the connections of before are known. */
  async open(): Promise<void> {
    this.#listen();
    this.#stopTimer = this.#options.clock.every(SETTLING, () => this.#tick());
    await this.resync();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer?.();
    this.#child?.kill();
  }

  /** Reads the list; where that is being done, once more after it. */
  resync(): Promise<void> {
    this.#listAgain = this.#listing !== undefined;
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
      if (this.#listAgain && !this.#isClosed) void this.resync();
    });
    return this.#listing;
  }

  /** Has the kernel forget a connection: its next packet, from either side, belongs to none. Tells neither side. */
  async forget({ source, endpoint }: Pick<ConntrackEntry, "source" | "endpoint">): Promise<void> {
    const from = ["-s", formatAddress(source.address), "--orig-port-src", String(source.port)];
    const to = ["-d", formatAddress(endpoint.address), "--orig-port-dst", String(endpoint.port)];
    await this.#run("conntrack", ["-D", "-p", "tcp", ...from, ...to], "");
  }

  #listen(): void {
    const child = spawn("conntrack", EVENTS, { env: PLAIN, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = parseConntrack(line);
      if (entry !== undefined) this.#options.happened(entry);
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.includes("ENOBUFS")) void this.resync();
    });
    child.on("error", (error) => this.#options.failed(error.message));
    child.once("close", () => (this.#child = undefined));
  }

  #tick(): void {
    if (this.#child === undefined) {
      this.#elapsed = 0;
      this.#listen();
      return;
    }
    this.#elapsed += SETTLING;
    if (this.#elapsed === SETTLING || this.#elapsed % RESYNC === 0) void this.resync();
  }

  async #list(): Promise<void> {
    const listed = this.#options.listing();
    const { status, output, complaint } = await this.#run("conntrack", LIST, "");
    this.#options.failed(status === 0 ? undefined : complaint.trim());
    if (status !== 0) return;
    listed(output.split("\n").flatMap((line) => parseConntrack(line) ?? []));
  }
}
