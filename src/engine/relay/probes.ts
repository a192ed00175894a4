/**
 * Probes: looks whether a terminal can be reached, in the place of a session and never beside one.
 *
 * A probe holds the terminal's place while it is there and is always about to leave: a till that comes meanwhile waits for
 * it as for a session that is closing, a few milliseconds, and the terminal never has two connections.
 */
import { type Socket, connect } from "node:net";
import { formatAddress } from "@ecluse/guard/address";
import { type RelayedFlow, endpointKey } from "../../policy/policy.ts";
import type { ProbeQuestion } from "../engine.ts";
import type { Probed } from "../records.ts";
import type { Places } from "./places.ts";
import { reset } from "./reset.ts";
import type { Occupant } from "./slots.ts";

/** How long a terminal may take to close behind a probe before it gets RST, in milliseconds. */
const LEAVING = 500;

/** A terminal's answer is a few hundred bytes; who says more is not answering the question. */
const LONGEST_ANSWER = 65_536;

export interface ProbesOptions {
  readonly places: Pick<Places, "takeIdle" | "leaveIdle">;
  readonly monotonic: () => number;
  /** Longest dial, and longest wait for an answer, in milliseconds. */
  readonly patience: () => number;
}

export class Probes {
  readonly #options: ProbesOptions;
  readonly #visits = new Set<Visit>();

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  async probe({ target }: RelayedFlow, question?: ProbeQuestion): Promise<Probed> {
    const { places, monotonic, patience } = this.#options;
    const began = monotonic();
    const visit = new Visit();
    const key = endpointKey(target.address, target.port);
    if (!places.takeIdle(key, visit)) return { outcome: "busy", duration: 0 };
    this.#visits.add(visit);
    const socket = connect({ host: formatAddress(target.address), port: target.port });
    try {
      return { ...(await visit.pay(socket, { question, patience: patience() })), duration: monotonic() - began };
    } finally {
      this.#visits.delete(visit);
      places.leaveIdle(key, visit);
    }
  }

  /**
   * All of them are gone at once, those too that only wait for the terminal to close: somebody else gives away the places
   * from here on, and does not know of them. The terminal hears of it before it hears of whoever comes next.
   */
  cut(): void {
    for (const visit of this.#visits) visit.vanish();
  }
}

type Found = Omit<Probed, "duration">;

class Visit implements Occupant {
  readonly closing = true;
  readonly queue = undefined;
  #leave: (found: Found) => void = () => undefined;
  #socket: Socket | undefined;

  readonly seated = (): void => undefined;
  readonly turnedAway = (): void => undefined;

  readonly giveWay = (): void => {
    this.#leave({ outcome: "gave-way" });
  };

  vanish(): void {
    this.giveWay();
    if (this.#socket !== undefined) reset(this.#socket);
  }

  /** Resolves once the connection is gone: then, and not before, the place is free. */
  pay(
    socket: Socket,
    { question, patience }: { readonly question: ProbeQuestion | undefined; readonly patience: number },
  ): Promise<Found> {
    const done = Promise.withResolvers<Found>();
    this.#socket = socket;
    let found: Found = { outcome: "failed", cause: "connect" };
    this.#leave = (what) => {
      if (found.outcome !== "failed" && found.outcome !== "mute") return;
      found = what;
      leave(socket);
    };
    const timer = setTimeout(() => socket.destroy(), patience);
    // Read on, so that the terminal's end is seen.
    socket.resume();
    socket.on("error", ({ code = "unknown" }: NodeJS.ErrnoException) => {
      if (found.outcome === "failed") found = { outcome: "failed", cause: code };
    });
    socket.once("connect", () => {
      if (question === undefined) this.#leave({ outcome: "reached" });
      else {
        found = { outcome: "mute" };
        this.#ask(socket, question);
      }
    });
    socket.once("close", () => {
      clearTimeout(timer);
      done.resolve(found);
    });
    return done.promise;
  }

  #ask(socket: Socket, { bytes, isAnswer }: ProbeQuestion): void {
    let said = Buffer.alloc(0);
    socket.write(bytes);
    socket.on("data", (chunk: Buffer) => {
      said = Buffer.concat([said, chunk]);
      if (said.length > 0 && isAnswer(said)) this.#leave({ outcome: "answered" });
      else if (said.length > LONGEST_ANSWER) socket.destroy();
    });
  }
}

/**
 * Leaves as a till does, by FIN, and is gone once the terminal has closed, too: to a terminal that takes one connection
 * the next one comes after, never beside. One that does not close gets RST.
 */
function leave(socket: Socket): void {
  if (socket.connecting) {
    socket.destroy();
    return;
  }
  socket.end();
  const late = setTimeout(() => reset(socket), LEAVING);
  socket.once("close", () => clearTimeout(late));
}
