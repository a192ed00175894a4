/**
 * Strangers: addresses that may not come in, and knock all the same, so many times a second, in a process of their own.
 *
 * Reads what to do as one JSON line from stdin, prints what became of it as one JSON line. Bounded: for so many seconds, with so many
 * knocks in the air; who would be one too many does not knock. Ends with its stdin.
 */
import { connect } from "node:net";
import { constants, setPriority } from "node:os";
import { createInterface } from "node:readline";
import { requestFor } from "../traffic.ts";
import type { TargetDoor } from "./job.ts";
import { evenly } from "./pace.ts";

export interface Strangers {
  readonly doors: readonly TargetDoor[];
  /** Where they come from, in turn. */
  readonly strangers: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Knocked {
  /** Ended without an answer: reset, closed, or given up after `PATIENCE_MS`. */
  readonly refused: number;
  /** Were sent a byte. */
  readonly opened: number;
  readonly seconds: number;
}

const REQUEST = requestFor("answer", 1);
/** In the air at once. */
const MOST = 1_024;
/** A shield drops without a word: so long a knock waits for one. */
const PATIENCE_MS = 100;

// On the till's own processor: it is not to wait for them, or its latency would be theirs.
setPriority(constants.priority.PRIORITY_LOW);
const input = createInterface({ input: process.stdin });
input.once("line", (line) => void knock(JSON.parse(line) as Strangers));
input.once("close", () => process.exit());

async function knock({ doors, strangers, perSecond, seconds }: Strangers): Promise<void> {
  let [air, refused, opened] = [0, 0, 0];
  const began = performance.now();
  await evenly({ perSecond, seconds }, (index) => {
    const door = doors[index % doors.length];
    const localAddress = strangers[index % strangers.length];
    if (air >= MOST || door === undefined || localAddress === undefined) return;
    air += 1;
    const socket = connect({ host: door.host, port: door.port, localAddress });
    const patience = setTimeout(() => socket.destroy(), PATIENCE_MS);
    let answered = false;
    // Asks as a till would: whoever relays it is answered.
    socket.on("connect", () => socket.write(REQUEST));
    socket.on("data", () => (answered = true));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(patience);
      air -= 1;
      if (answered) opened += 1;
      else refused += 1;
    });
  });
  const told: Knocked = { refused, opened, seconds: (performance.now() - began) / 1000 };
  process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit());
}
