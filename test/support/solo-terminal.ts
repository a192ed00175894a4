/** A terminal that should never have two clients: it answers each request, closes after the client, and watches. */
import { setTimeout as after } from "node:timers/promises";
import type { Socket } from "node:net";
import { type Peer, listen } from "./loopback.ts";

export interface SoloTerminal extends Peer {
  /** Times that a client came while another one was still there. */
  readonly seen: { two: number; requests: number };
}

/** Closes `pace` milliseconds after the client; 0: in the same turn of the loop. */
export async function soloTerminal({ pace = 0 } = {}): Promise<SoloTerminal> {
  const seen = { two: 0, requests: 0 };
  const inside = new Set<Socket>();
  const peer = await listen((socket) => {
    const before = [...inside];
    inside.add(socket);
    for (const event of ["error", "close"]) socket.on(event, () => inside.delete(socket));
    socket.on("data", () => {
      seen.requests += 1;
      socket.write("answer");
    });
    socket.on("end", () => {
      const close = (): void => {
        inside.delete(socket);
        socket.end();
      };
      if (pace === 0) close();
      else void after(pace).then(close);
    });
    // What the system has to say of the others at this moment is heard within this turn of the loop and the next.
    setImmediate(() => setImmediate(() => (seen.two += before.some((other) => inside.has(other)) ? 1 : 0)));
  });
  return { ...peer, seen };
}
