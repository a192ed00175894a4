/**
 * The kernel's connections through our doors, by the program `conntrack`: its events as they happen, its list now and
 * then, and their end where we want it.
 *
 * Events may be lost when the kernel has more to tell than is read, and nobody says since when the program listens: so the
 * list is read when it has started, whenever it says that it lost some, and now and then besides. The program is started
 * again where it ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { formatAddress } from "@ecluse/guard/address";
import { PLAIN, type RunProgram, runProgram } from "../../netfilter/run-program.ts";
import type { Clock } from "../engine.ts";
import { REST, batchedPipe } from "./batched-pipe.ts";
import { type ConntrackEntry, parseConntrack } from "./conntrack-entry.ts";
import { Lines, type TakeLine } from "./lines.ts";

/** How often the list is read although nothing seems to be missing, in milliseconds. */
const RESYNC = 10_000;
/** How soon after its start the program is taken to listen, and how long to wait before it is started again. */
const SETTLING = 500;
/** How long it takes at most until what happened is heard, in milliseconds: one rest, and the programs' own time. */
const HEARING = 3 * REST;
/** A list that somebody waits for, or that is to say what was lost, takes no more than this part of the time. */
const READING = 1 / 20;

/** `-g`: with a translated destination, as all of ours have. Events are bounded by the socket's buffer, in bytes. */
const EVENTS = ["-E", "-p", "tcp", "-g", "-o", "timestamp,id", "-b", "8388608"];
/** Ends with this process, however that ends: by itself it would notice at the next event. */
const LISTENING = ["--pdeathsig", "TERM", "conntrack", ...EVENTS];
const LIST = ["-L", "-p", "tcp", "-g", "-o", "id"];

/** Told while the list is read, beside what happens meanwhile. */
export interface Listing {
  /** Of every connection that stands there. */
  readonly saw: (entry: ConntrackEntry) => void;
  /** It was read to its end; not called where it could not be. */
  readonly ended: () => void;
}

export interface ConntrackOptions {
  readonly clock: Clock;
  readonly happened: (entry: ConntrackEntry) => void;
  /** Called when the list is about to be read. */
  readonly listing: () => Listing;
  /** Whether somebody waits for the next list. */
  readonly isAwaited: () => boolean;
  /** It cannot be read; or it can again, `undefined`. */
  readonly failed: (complaint: string | undefined) => void;
  readonly run?: RunProgram;
}

export class Conntrack {
  readonly #options: ConntrackOptions;
  readonly #run: RunProgram;
  #child: ChildProcess | undefined;
  #isListening = false;
  #stopTimer: (() => void) | undefined;
  #listing: Promise<void> | undefined;
  #listAgain = false;
  /** The kernel had more to tell than was heard. */
  #hasLost = false;
  #elapsed = 0;
  /** Until when no list is read merely because somebody waits for it, on the monotonic clock. */
  #restUntil = 0;
  #isClosed = false;
  /** Why the one or the other cannot be read. */
  #complaints: { readonly events?: string | undefined; readonly list?: string | undefined } = {};

  constructor(options: ConntrackOptions) {
    this.#options = options;
    this.#run = options.run ?? runProgram();
  }

  /** Resolves once the connections of before are known. */
  async open(): Promise<void> {
    await this.#listen();
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

  /** Resolves when what the kernel told until now has been heard, unless the host is too busy for that. */
  async caughtUp(): Promise<void> {
    await setTimeout(HEARING);
  }

  /** Has the kernel forget a connection: its next packet, from either side, belongs to none. Tells neither side. */
  async forget({ source, endpoint }: Pick<ConntrackEntry, "source" | "endpoint">): Promise<void> {
    const from = ["-s", formatAddress(source.address), "--orig-port-src", String(source.port)];
    const to = ["-d", formatAddress(endpoint.address), "--orig-port-dst", String(endpoint.port)];
    await this.#run("conntrack", ["-D", "-p", "tcp", ...from, ...to], "");
  }

  async #listen(): Promise<void> {
    this.#isListening = true;
    try {
      const { writer, ended } = await batchedPipe(entries(this.#options.happened));
      void ended.then(() => (this.#isListening = false));
      if (!this.#isClosed) this.#child = this.#start(writer);
      writer.destroy();
    } catch (error) {
      this.#isListening = false;
      this.#complain({ events: String(error) });
    }
  }

  #start(stdout: Socket): ChildProcess {
    const child = spawn("setpriv", LISTENING, { env: PLAIN, stdio: ["ignore", stdout, "pipe"] });
    let lastWords = "it ended";
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.includes("ENOBUFS")) this.#hasLost = true;
      lastWords = line;
    });
    child.once("close", () => {
      if (!this.#isClosed) this.#complain({ events: lastWords });
    });
    return child.on("error", (error) => (lastWords = error.message));
  }

  #complain(news: { readonly events?: string | undefined; readonly list?: string | undefined }): void {
    this.#complaints = { ...this.#complaints, ...news };
    this.#options.failed(this.#complaints.events ?? this.#complaints.list);
  }

  #tick(): void {
    if (!this.#isListening) {
      this.#elapsed = 0;
      void this.#listen();
      return;
    }
    this.#elapsed += SETTLING;
    if (this.#elapsed === SETTLING) this.#complain({ events: undefined });
    const isAwaited = this.#hasLost || this.#options.isAwaited();
    const isRested = this.#options.clock.monotonic() >= this.#restUntil;
    if ((isAwaited && isRested) || this.#elapsed === SETTLING || this.#elapsed % RESYNC === 0) void this.resync();
  }

  async #list(): Promise<void> {
    const { monotonic } = this.#options.clock;
    const began = monotonic();
    this.#hasLost = false;
    const { saw, ended } = this.#options.listing();
    const lines = new Lines(entries(saw));
    const { status, complaint } = await this.#run("conntrack", LIST, "", (chunk) => lines.push(chunk));
    this.#complain({ list: status === 0 ? undefined : complaint.trim() });
    if (status === 0) ended();
    this.#restUntil = monotonic() + (monotonic() - began) / READING;
  }
}

function entries(take: (entry: ConntrackEntry) => void): TakeLine {
  return (bytes, from, end) => {
    const entry = parseConntrack(bytes, from, end);
    if (entry !== undefined) take(entry);
  };
}
