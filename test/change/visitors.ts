/**
 * Clients in a process of their own, and the terminals that answer them: every connection is counted, every byte compared.
 *
 * A request is a number; its answer is derived from it. A visit connects, asks once, and closes; a resident stays and
 * asks again and again. Lost is whatever went in any other way than that.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Socket } from "node:net";
import { type Peer, type Place, listen } from "../support/loopback.ts";

export const REQUEST_BYTES = 8;
export const ANSWER_BYTES = 96;

export function requestFor(number: number): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES, "request ");
  request.writeUInt32BE(number, 4);
  return request;
}

/** Differs from the answer to any other number in every part of its length. */
export function answerTo(request: Buffer): Buffer {
  return Buffer.alloc(ANSWER_BYTES, Buffer.from([...request, ...request.map((byte) => byte ^ 0xff)]));
}

/** A terminal that answers every request, and ends when its client does. */
export function answering(): Promise<Peer> {
  return listen((socket) => {
    let heard = Buffer.alloc(0);
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      for (; heard.length >= REQUEST_BYTES; heard = heard.subarray(REQUEST_BYTES)) answer(socket, heard);
    });
  });
}

function answer(socket: Socket, heard: Buffer): void {
  socket.write(answerTo(heard.subarray(0, REQUEST_BYTES)));
}

/** What the clients are to do, until they are told to stop. */
export interface Visits {
  readonly doors: readonly Place[];
  readonly from: string;
  /** New visits in a second, whatever becomes of those before. */
  readonly rate: number;
  /** Sessions that stay, the doors in turn. */
  readonly residents: number;
  /** Milliseconds between two requests of a resident. */
  readonly pace: number;
}

/** What came of it. Each visit and each resident is counted once. */
export interface Tally {
  readonly visits: number;
  readonly done: number;
  /** How the others went: the system's error code, or what was wrong; and how many. */
  readonly lost: Readonly<Record<string, number>>;
  /** Residents that were never closed and answered the last request too. */
  readonly alive: number;
  /** Answers to each resident. */
  readonly answers: readonly number[];
  /** How the residents that were lost went. */
  readonly left: Readonly<Record<string, number>>;
}

export interface Visiting extends AsyncDisposable {
  /** Stops making visits, waits for those under way, asks each resident once more, and counts. */
  readonly stop: () => Promise<Tally>;
  /** Counts so far; nothing stops. */
  readonly count: () => Promise<Tally>;
}

/** Starts the clients; resolves once all residents have been answered and the first visits are done. */
export async function visiting(visits: Visits): Promise<Visiting> {
  const program = new URL("visitors-program.ts", import.meta.url).pathname;
  const words = ["--conditions=source", program, JSON.stringify(visits)];
  // It ends with its input, which this process holds.
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Tally> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("the clients ended without a word");
    return JSON.parse(line.value) as Tally;
  };
  const say = (word: "count" | "stop"): Promise<Tally> => {
    child.stdin.write(`${word}\n`);
    return next();
  };
  await next();
  return {
    stop: () => say("stop"),
    count: () => say("count"),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
