/**
 * Reads and changes the elements of nftables' sets and maps, by asking the kernel itself. `nft` does the same, and is a
 * process each time: to start one stops this process for some milliseconds, in which whoever calls waits.
 *
 * Whoever passes the question on is started with the first, and again where it has ended.
 */
import { getSystemErrorName } from "node:util";
import { EcluseError } from "../../errors.ts";
import { LARGEST, Netlink, type NetlinkOptions } from "./netlink.ts";
import {
  ANSWER,
  DONE,
  INTERRUPTED,
  LOST,
  type TakeMessage,
  failureOf,
  flagsOf,
  sequenceOf,
  typeOf,
} from "./netlink-message.ts";
import { type SetChange, changeMessage } from "./set-change-message.ts";
import { type SetElement, elementsOf, elementsRequest } from "./set-message.ts";

type Connection = Pick<Netlink, "send" | "close">;

/** There is no such set, or no such table. */
const ENOENT = 2;
/** How long an answer is waited for, in milliseconds; and one of which somebody waits to be let in, or to be shut out. */
const PATIENCE = 10_000;
const LEAST_PATIENCE = 3_000;
const STOPPED = "stopped before it was answered";
/** A list in which a change of anybody's rules fell is read anew, so often at most. */
const TRIES = 5;

export interface SetsOptions {
  /** Default: to this host's kernel. */
  readonly connect?: (options: NetlinkOptions) => Connection;
  /** How long an answer is waited for, in milliseconds; default 10,000, and 3,000 for a change. */
  readonly patience?: number;
}

export class Sets {
  readonly #connect: (options: NetlinkOptions) => Connection;
  readonly #patience: { readonly reading: number; readonly change: number };
  #connection: Connection | undefined;
  readonly #asked = new Map<number, Question>();
  #reading: Promise<unknown> = Promise.resolve();
  #lastSequence = 0;
  #closings = 0;

  constructor({ connect = (options) => new Netlink(options), patience }: SetsOptions = {}) {
    this.#connect = connect;
    this.#patience = { reading: patience ?? PATIENCE, change: patience ?? LEAST_PATIENCE };
  }

  /**
   * All elements of a set in a table of `ip`, one question after another; `undefined`: it is not there. Rejects with
   * `EcluseError` where it cannot be read, or no answer comes in time: then somebody else is started to ask.
   */
  read(table: string, set: string): Promise<readonly SetElement[] | undefined> {
    const closings = this.#closings;
    const read = this.#reading.then(() => {
      if (this.#closings !== closings) throw failed(`read the kernel's set ${set}`, STOPPED);
      return this.#read(table, set);
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }

  /**
   * Changes sets and maps of a table of `ip`, all or nothing, in one transaction; at once, whatever is being read. Resolves
   * with the system's word for why the kernel did not take it (`ENOENT`), or nothing. Rejects with `EcluseError` where it
   * cannot be told, or no answer comes in time: then nobody knows whether it took it.
   */
  async change(table: string, changes: readonly SetChange[]): Promise<string | undefined> {
    const what = `change the kernel's ${changes.map(({ set }) => set).join(", ")} of table ${table}`;
    const message = (sequence: number): Uint8Array => {
      const bytes = changeMessage(sequence, table, changes);
      if (bytes.length > LARGEST) throw new Error("it is too much at once");
      return bytes;
    };
    const { errno } = await this.#ask({ what, message, patience: this.#patience.change });
    return errno === 0 ? undefined : getSystemErrorName(-errno);
  }

  /** What is being asked, or waits to be, is asked no further; the next question begins anew. */
  close(): void {
    this.#closings += 1;
    this.#giveUp(STOPPED);
  }

  async #read(table: string, set: string): Promise<readonly SetElement[] | undefined> {
    const what = `read the kernel's set ${set}`;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const elements: SetElement[] = [];
      const { errno, isTorn } = await this.#ask({
        what,
        message: (sequence) => elementsRequest(sequence, table, set),
        heard: (bytes, at) => {
          for (const element of elementsOf(bytes, at)) elements.push(element);
        },
        patience: this.#patience.reading,
      });
      if (errno === ENOENT) return undefined;
      if (errno !== 0) throw failed(what, getSystemErrorName(-errno));
      if (!isTorn) return elements;
    }
    throw failed(what, "the host's rules are changed all the time");
  }

  async #ask({ what, message, heard, patience }: Asking): Promise<Answered> {
    this.#lastSequence = (this.#lastSequence % 0xffff_ffff) + 1;
    const sequence = this.#lastSequence;
    const question: Question = { what, ...(heard && { heard }), isTorn: false, over: Promise.withResolvers() };
    this.#send(what, () => message(sequence));
    // Only now: what nobody waits for must not be told that it has failed, which would end the process.
    this.#asked.set(sequence, question);
    const late = (): void => this.#giveUp(`there was no answer within ${patience / 1_000} s`);
    const timer = setTimeout(late, patience).unref();
    try {
      return await question.over.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #send(what: string, message: () => Uint8Array): void {
    try {
      this.#connection ??= this.#open();
      this.#connection.send(message());
    } catch (error) {
      throw failed(what, error instanceof Error ? error.message : String(error));
    }
  }

  #open(): Connection {
    const connection = this.#connect({
      heard: (bytes, at) => this.#heard(bytes, at),
      opened: () => undefined,
      ended: (lastWords) => {
        if (this.#connection !== connection) return;
        this.#connection = undefined;
        this.#ended(lastWords);
      },
    });
    return connection;
  }

  #giveUp(why: string): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#ended(why);
  }

  #ended(why: string): void {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { over, what } of asked) over.reject(failed(what, why));
  }

  #heard(bytes: Uint8Array, at: number): void {
    const type = typeOf(bytes, at);
    if (type === LOST) {
      this.#giveUp("what the kernel answered was lost");
      return;
    }
    const sequence = sequenceOf(bytes, at);
    const question = this.#asked.get(sequence);
    if (question === undefined) return;
    if ((flagsOf(bytes, at) & INTERRUPTED) !== 0) question.isTorn = true;
    if (type !== DONE && type !== ANSWER) {
      question.heard?.(bytes, at);
      return;
    }
    // Of a batch, refusals come before what is acknowledged: the first answer decides.
    this.#asked.delete(sequence);
    question.over.resolve({ errno: failureOf(bytes, at), isTorn: question.isTorn });
  }
}

interface Answered {
  /** The system's number for what stood in the way; 0: nothing did. */
  readonly errno: number;
  /** A change of the host's rules fell into the list. */
  readonly isTorn: boolean;
}

interface Asking {
  /** In words: `read the kernel's set denied`. */
  readonly what: string;
  readonly message: (sequence: number) => Uint8Array;
  /** Each part of a list. */
  readonly heard?: TakeMessage;
  /** In milliseconds. */
  readonly patience: number;
}

interface Question extends Pick<Asking, "what" | "heard"> {
  isTorn: boolean;
  readonly over: PromiseWithResolvers<Answered>;
}

function failed(what: string, why: string): EcluseError {
  return new EcluseError("packet-filter", `Cannot ${what}: ${why}`, { hint: hint(why) });
}

function hint(why: string): string {
  if (why.startsWith("there was no answer"))
    return "see whether the program that asks still runs: ps -C ecluse-netlink";
  if (/spawn .*ENOENT/.test(why)) return "install the program perl: sudo apt-get install perl-base";
  if (/EPERM|not permitted/i.test(why)) return "run as root, or give the process CAP_NET_ADMIN";
  return "see what stands there: sudo nft list ruleset";
}
