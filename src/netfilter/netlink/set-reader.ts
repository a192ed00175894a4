/**
 * Reads the elements of sets of nftables, from the kernel itself. `nft list set` tells the same, and is a process each time:
 * to start one stops this process for some milliseconds, in which whoever calls waits.
 *
 * Whoever passes the question on is started with the first, and again where it has ended.
 */
import { getSystemErrorName } from "node:util";
import { EcluseError } from "../../errors.ts";
import { Netlink, type NetlinkOptions } from "./netlink.ts";
import { ANSWER, DONE, INTERRUPTED, failureOf, flagsOf, sequenceOf, typeOf } from "./netlink-message.ts";
import { type SetElement, elementsOf, elementsRequest } from "./set-message.ts";

type Connection = Pick<Netlink, "send" | "close">;

/** There is no such set, or no such table. */
const ENOENT = 2;
/** How long an answer is waited for, in milliseconds. */
const PATIENCE = 10_000;
/** A list in which a change of anybody's rules fell is read anew, so often at most. */
const TRIES = 5;

export interface SetReaderOptions {
  /** Default: to this host's kernel. */
  readonly connect?: (options: NetlinkOptions) => Connection;
  /** How long an answer is waited for, in milliseconds; default 10,000. */
  readonly patience?: number;
}

export class SetReader {
  readonly #connect: (options: NetlinkOptions) => Connection;
  readonly #patience: number;
  #connection: Connection | undefined;
  #reading: Reading | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #lastSequence = 0;

  constructor({ connect = (options) => new Netlink(options), patience = PATIENCE }: SetReaderOptions = {}) {
    this.#connect = connect;
    this.#patience = patience;
  }

  /**
   * All elements of a set in a table of `ip`, one question after another; `undefined`: it is not there. Rejects with
   * `EcluseError` where it cannot be read, or no answer comes in time: then somebody else is started to ask.
   */
  read(table: string, set: string): Promise<readonly SetElement[] | undefined> {
    const read = this.#turn.then(() => this.#read(table, set));
    this.#turn = read.catch(() => undefined);
    return read;
  }

  /** What is being read is read no further; the next question begins anew. */
  close(): void {
    this.#giveUp("stopped before it was read");
  }

  #giveUp(why: string): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#ended(why);
  }

  async #read(table: string, set: string): Promise<readonly SetElement[] | undefined> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { end, elements } = await this.#ask(table, set);
      if (end === "absent") return undefined;
      if (end === "whole") return elements;
    }
    throw unreadable(set, "the host's rules are changed all the time");
  }

  async #ask(table: string, set: string): Promise<Read> {
    this.#lastSequence = (this.#lastSequence % 0xffff_ffff) + 1;
    const reading = { set, sequence: this.#lastSequence, elements: [], over: Promise.withResolvers<Read["end"]>() };
    const connection = this.#connected(set);
    // Only now: what nobody waits for must not be told that it has failed, which would end the process.
    this.#reading = reading;
    connection.send(elementsRequest(reading.sequence, table, set));
    const timer = setTimeout(
      () => this.#giveUp(`there was no answer within ${this.#patience / 1_000} s`),
      this.#patience,
    );
    timer.unref();
    try {
      return { end: await reading.over.promise, elements: reading.elements };
    } finally {
      clearTimeout(timer);
    }
  }

  #connected(set: string): Connection {
    try {
      return (this.#connection ??= this.#open());
    } catch (error) {
      throw unreadable(set, String(error));
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

  #ended(lastWords: string): void {
    if (this.#reading !== undefined) this.#reading.over.reject(unreadable(this.#reading.set, lastWords));
    this.#reading = undefined;
  }

  #heard(bytes: Uint8Array, at: number): void {
    const reading = this.#reading;
    if (reading === undefined || sequenceOf(bytes, at) !== reading.sequence) return;
    const type = typeOf(bytes, at);
    if ((flagsOf(bytes, at) & INTERRUPTED) !== 0) reading.isInterrupted = true;
    if (type !== DONE && type !== ANSWER) {
      for (const element of elementsOf(bytes, at)) reading.elements.push(element);
      return;
    }
    this.#reading = undefined;
    const errno = failureOf(bytes, at);
    if (errno === ENOENT) reading.over.resolve("absent");
    else if (errno !== 0) reading.over.reject(unreadable(reading.set, getSystemErrorName(-errno)));
    else reading.over.resolve(reading.isInterrupted === true ? "torn" : "whole");
  }
}

interface Read {
  /** `torn`: a change of the host's rules fell into it. */
  readonly end: "whole" | "torn" | "absent";
  readonly elements: readonly SetElement[];
}

interface Reading {
  readonly set: string;
  readonly sequence: number;
  readonly elements: SetElement[];
  readonly over: PromiseWithResolvers<Read["end"]>;
  isInterrupted?: boolean;
}

function unreadable(set: string, why: string): EcluseError {
  const isAbsent = why.includes("ENOENT");
  return new EcluseError("packet-filter", `Cannot read the kernel's set ${set}: ${why}`, {
    hint: isAbsent ? "install the program perl: sudo apt-get install perl-base" : hint(why),
  });
}

function hint(why: string): string {
  if (why.startsWith("there was no answer"))
    return "see whether the program that asks still runs: ps -C ecluse-netlink";
  if (/EPERM|not permitted/i.test(why)) return "run as root, or give the process CAP_NET_ADMIN";
  return "see what stands there: sudo nft list ruleset";
}
