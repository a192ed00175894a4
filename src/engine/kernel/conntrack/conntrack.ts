/**
 * The kernel's connections through our doors: what happens to them as it happens, their list now and then, and their end
 * where we want it.
 *
 * Events may be lost when the kernel has more to tell than is read: so the list is read when listening has begun, whenever
 * some were lost, and now and then besides. Whoever listens for us is started again where it ends.
 */
import { setTimeout } from "node:timers/promises";
import { getSystemErrorName } from "node:util";
import type { Clock } from "../../engine.ts";
import type { ConntrackEntry } from "./conntrack-entry.ts";
import { deleteRequest, entryOf, listRequest } from "./conntrack-message.ts";
import { CONNECTIONS, Netlink, type NetlinkOptions, REST } from "../../../netfilter/netlink/netlink.ts";
import { ANSWER, DONE, LOST, failureOf, sequenceOf, typeOf } from "../../../netfilter/netlink/netlink-message.ts";

/** How often the list is read although nothing seems to be missing, in milliseconds. */
const RESYNC = 10_000;
/** How often it is looked whether a list is wanted, or somebody to listen, in milliseconds. */
const LOOK = 500;
/** How long it takes at most until what happened is heard, in milliseconds: one rest, and the programs' own time. */
const HEARING = 3 * REST;
/** A list that somebody waits for, or that is to say what was lost, takes no more than this part of the time. */
const READING = 1 / 20;
/** So often nothing was heard when it was looked, while a list was awaited: who should listen does not. */
const SILENCES = 10;
/** Whoever is to be forgotten is gone. */
const ENOENT = 2;

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
  /** Default: this host's kernel. */
  readonly connect?: (options: NetlinkOptions) => Pick<Netlink, "send" | "close">;
}

export class Conntrack {
  readonly #options: ConntrackOptions;
  readonly #connect: NonNullable<ConntrackOptions["connect"]>;
  #netlink: Pick<Netlink, "send" | "close"> | undefined;
  #stopTimer: (() => void) | undefined;
  #lastSequence = 0;
  #list: List | undefined;
  /** For whoever asked while the list was being read. */
  #next: PromiseWithResolvers<unknown> | undefined;
  #hasHeard = false;
  #silences = 0;
  /** Why a connection could not be ended, since the list was last read. */
  #uncut: string | undefined;
  /** The kernel had more to tell than was heard. */
  #hasLost = false;
  /** When the last list was asked for, and until when none is merely because it is wanted; on the monotonic clock. */
  #listedAt = -Infinity;
  #restUntil = -Infinity;
  #isClosed = false;

  constructor(options: ConntrackOptions) {
    this.#options = options;
    this.#connect = options.connect ?? ((connection) => new Netlink(connection));
  }

  /** Resolves once the connections of before are known, or it is known that they cannot be. */
  async open(): Promise<void> {
    this.#stopTimer = this.#options.clock.every(LOOK, () => this.#look());
    await this.#listen();
    await this.resync();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer?.();
    this.#netlink?.close();
  }

  /** Reads the list; where that is being done, once more after it, and resolves then. */
  resync(): Promise<unknown> {
    if (this.#list === undefined) return this.#ask().over.promise;
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }

  /** Resolves when what the kernel told until now has been heard, unless the host is too busy for that. */
  async caughtUp(): Promise<void> {
    await setTimeout(HEARING);
  }

  /** Has the kernel forget a connection: its next packet, from either side, belongs to none. Tells neither side. */
  forget(entry: ConntrackEntry): void {
    this.#netlink?.send(deleteRequest(this.#nextSequence(), entry));
  }

  /** Resolves once it listens, or cannot. */
  #listen(): Promise<void> {
    return new Promise((resolve) => {
      const ended = (lastWords: string): void => {
        this.#netlink = undefined;
        if (!this.#isClosed) this.#options.failed(lastWords);
        this.#endList();
        resolve();
      };
      try {
        this.#netlink = this.#connect({
          groups: CONNECTIONS,
          heard: (bytes, at) => this.#heard(bytes, at),
          opened: resolve,
          ended,
        });
      } catch (error) {
        ended(String(error));
      }
    });
  }

  #heard(bytes: Uint8Array, at: number): void {
    this.#hasHeard = true;
    const [type, sequence] = [typeOf(bytes, at), sequenceOf(bytes, at)];
    const isOfList = sequence !== 0 && sequence === this.#list?.sequence;
    if (type === LOST) this.#hasLost = true;
    else if (type === ANSWER) this.#answered(failureOf(bytes, at), isOfList);
    else if (type !== DONE) this.#told(entryOf(bytes, at, this.#options.clock.wall()), isOfList);
    else if (isOfList) {
      this.#options.failed(this.#uncut);
      this.#uncut = undefined;
      this.#list?.listing.ended();
      this.#endList();
    }
  }

  #told(entry: ConntrackEntry | undefined, isOfList: boolean): void {
    if (entry === undefined) return;
    if (entry.what !== "listed") this.#options.happened(entry);
    else if (isOfList) this.#list?.listing.saw(entry);
  }

  #answered(errno: number, isOfList: boolean): void {
    if (errno === 0 || (errno === ENOENT && !isOfList)) return;
    const name = getSystemErrorName(-errno);
    const words = isOfList ? `connections cannot be listed: ${name}` : `a connection cannot be ended: ${name}`;
    this.#options.failed(words);
    if (isOfList) this.#endList();
    else this.#uncut = words;
  }

  #look(): void {
    if (this.#netlink === undefined) {
      void this.#listen().then(() => this.resync());
      return;
    }
    if (this.#list !== undefined) {
      this.#lookAfter(this.#netlink);
      return;
    }
    const now = this.#options.clock.monotonic();
    const isWanted = (this.#hasLost || this.#options.isAwaited()) && now >= this.#restUntil;
    if (isWanted || now - this.#listedAt >= RESYNC) void this.resync();
  }

  /** While a list is awaited there is always something to hear: another is to listen where there is not. */
  #lookAfter(netlink: Pick<Netlink, "close">): void {
    this.#silences = this.#hasHeard ? 0 : this.#silences + 1;
    this.#hasHeard = false;
    if (this.#silences < SILENCES) return;
    this.#silences = 0;
    this.#options.failed("the kernel's words do not arrive");
    netlink.close();
  }

  #ask(): List {
    const list = {
      sequence: this.#nextSequence(),
      listing: this.#options.listing(),
      over: Promise.withResolvers<undefined>(),
    };
    this.#list = list;
    this.#listedAt = this.#options.clock.monotonic();
    this.#hasLost = false;
    if (this.#netlink === undefined) this.#endList();
    else this.#netlink.send(listRequest(list.sequence));
    return list;
  }

  #endList(): void {
    if (this.#list === undefined) return;
    const [{ over }, next] = [this.#list, this.#next];
    this.#list = undefined;
    this.#next = undefined;
    const now = this.#options.clock.monotonic();
    this.#restUntil = now + (now - this.#listedAt) / READING;
    over.resolve(undefined);
    if (next !== undefined) void this.resync().then(next.resolve);
  }

  #nextSequence(): number {
    this.#lastSequence = (this.#lastSequence % 0xffff_ffff) + 1;
    return this.#lastSequence;
  }
}

interface List {
  readonly sequence: number;
  readonly listing: Listing;
  /** Read, or it could not be. */
  readonly over: PromiseWithResolvers<undefined>;
}
