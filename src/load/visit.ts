/** One visit through a door, for load: a bare connection, or at a simulated terminal a payment. */
import { connect } from "node:net";
import { pay } from "../simulate/till.ts";
import type { Door, Visit } from "./load.ts";

/** To be connected, in milliseconds. */
const PATIENCE = 5_000;

/** How long it stays, silent, to see whether it is refused after all: who has no right gets RST behind the connection. */
const STAY = 100;

/** How long the terminal may take to close behind us before it gets RST, in milliseconds. */
const LEAVING = 500;

/** A simulated customer takes 2 s unless told otherwise. */
const PAYMENT = 30_000;

/** Connects, says nothing, leaves; over when the connection is closed. `from`: an address of this host. */
export function look(door: Door, from: string): Promise<Visit> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: door.host, port: door.port, localAddress: from, noDelay: true });
    let visit: Visit = { took: 0, failed: "no answer" };
    let timer = setTimeout(() => socket.destroy(), PATIENCE);
    const leave = (): void => {
      socket.end();
      timer = setTimeout(() => socket.resetAndDestroy(), LEAVING);
    };
    socket.on("connect", () => {
      clearTimeout(timer);
      visit = { took: performance.now() - began };
      timer = setTimeout(leave, STAY);
    });
    socket.on("error", ({ code = "unknown" }: NodeJS.ErrnoException) => (visit = { ...visit, failed: code }));
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(visit);
    });
    // A terminal may close first; what it says is not looked at.
    socket.resume();
  });
}

/** Pays one euro; only ever at a simulated terminal. */
export async function payAt({ host, port }: Door, from: string): Promise<Visit> {
  const { duration, ...outcome } = await pay({ host, port, localAddress: from, amountCents: 100, timeout: PAYMENT });
  if (outcome.kind === "accepted" || outcome.kind === "declined") return { took: duration };
  const why = "code" in outcome ? ` ${outcome.code}` : "";
  return { took: duration, failed: `${outcome.kind}${why}` };
}
