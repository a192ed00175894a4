/** The clients of `visitors.ts`: told on the command line, answers `count` and `stop` on its input, ends with it. */
import { type Socket, connect } from "node:net";
import { createInterface } from "node:readline";
import { type Place, until } from "../support/loopback.ts";
import { ANSWER_BYTES, type Tally, type Visits, answerTo, requestFor } from "./visitors.ts";

/** Longest wait for an answer, in milliseconds: then it is lost. */
const PATIENCE = 20_000;
/** How often the number of visits is brought up to what the rate asks for, in milliseconds. */
const TICK = 5;

const { doors, from, rate, residents, pace } = JSON.parse(process.argv[2] ?? "") as Visits;

interface Asked {
  readonly answer: Buffer;
  readonly settle: () => void;
}

/** One connection: asks, compares, and keeps how it was lost. */
class Client {
  readonly #socket: Socket;
  #heard = Buffer.alloc(0);
  #asked: Asked | undefined;
  answers = 0;
  lost: string | undefined;
  #leaving = false;
  readonly closed = Promise.withResolvers<undefined>();

  constructor(door: Place) {
    this.#socket = connect({ host: door.host, port: door.port, localAddress: from, allowHalfOpen: true });
    this.#socket.setTimeout(PATIENCE, () => this.#lose("no answer in time"));
    this.#socket.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.name));
    this.#socket.on("end", () => (this.#leaving ? undefined : this.#lose("closed by the other side")));
    this.#socket.on("close", () => this.closed.resolve(undefined));
  }

  /** Resolves once the answer is there and right, or the connection is lost. */
  ask(number: number): Promise<void> {
    if (this.lost !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const request = requestFor(number);
      this.#asked = { answer: answerTo(request), settle: resolve };
      this.#socket.write(request);
    });
  }

  /** Ends its own direction first; resolves when both have ended. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#socket.end();
    await this.closed.promise;
  }

  #hear(chunk: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, chunk]);
    if (this.#asked === undefined) this.#lose("bytes that nobody asked for");
    else if (this.#heard.length >= ANSWER_BYTES) this.#judge(this.#asked);
  }

  #judge({ answer, settle }: Asked): void {
    if (!this.#heard.equals(answer)) {
      this.#lose("a wrong answer");
      return;
    }
    this.#heard = Buffer.alloc(0);
    this.#asked = undefined;
    this.answers += 1;
    settle();
  }

  #lose(how: string): void {
    this.lost ??= how;
    this.#asked?.settle();
    this.#socket.destroy();
  }
}

const inside = Array.from({ length: residents }, (_, index) => new Client(doorOf(index)));
const lost = new Map<string, number>();
let [visits, done, under, numbers] = [0, 0, 0, 0];
let stopping = false;

function doorOf(index: number): Place {
  return doors[index % doors.length] ?? { host: "", port: 0 };
}

async function visit(): Promise<void> {
  const client = new Client(doorOf(visits));
  visits += 1;
  under += 1;
  await client.ask(nextNumber());
  if (client.lost === undefined) await client.leave();
  under -= 1;
  if (client.lost === undefined) done += 1;
  else lost.set(client.lost, (lost.get(client.lost) ?? 0) + 1);
}

function nextNumber(): number {
  numbers += 1;
  return numbers;
}

async function reside(client: Client): Promise<void> {
  while (!stopping && client.lost === undefined) {
    await client.ask(nextNumber());
    await new Promise((resolve) => setTimeout(resolve, pace));
  }
}

function tally(): Tally {
  const left = Map.groupBy(
    inside.flatMap((client) => client.lost ?? []),
    (how) => how,
  );
  return {
    visits,
    done,
    lost: Object.fromEntries(lost),
    alive: inside.filter((client) => client.lost === undefined).length,
    answers: inside.map(({ answers }) => answers),
    left: Object.fromEntries([...left].map(([how, those]) => [how, those.length])),
  };
}

function say(): void {
  process.stdout.write(`${JSON.stringify(tally())}\n`);
}

async function stop(): Promise<void> {
  stopping = true;
  clearInterval(visitor);
  await until(() => under === 0, "the last visits", 2 * PATIENCE);
  await Promise.all(residences);
  await Promise.all(inside.map((client) => client.ask(nextNumber())));
  say();
}

const residences = inside.map(reside);
const began = performance.now();
const visitor = setInterval(() => {
  const due = Math.floor(((performance.now() - began) / 1_000) * rate);
  while (visits < due) void visit();
}, TICK);

createInterface({ input: process.stdin })
  .on("line", (word) => {
    if (word === "stop") void stop();
    else say();
  })
  .on("close", () => process.exit());
await until(
  () => inside.every(({ answers, lost: how }) => answers > 0 || how !== undefined) && (rate === 0 || done > 0),
  "the first answers",
  PATIENCE,
);
say();
