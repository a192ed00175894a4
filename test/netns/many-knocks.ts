/**
 * Connects from many addresses to many doors at once: a list (JSON) a line. Says `begun` when what the list before had begun
 * has ended, then the number of each that got in. Whoever is dropped is silent: who asks knows when to stop.
 */
import { type Socket, connect } from "node:net";
import { createInterface } from "node:readline";

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface ManyKnock extends Place {
  readonly from: string;
}

if (import.meta.main) {
  let sockets: readonly Socket[] = [];
  for await (const line of createInterface({ input: process.stdin })) {
    // One that still connects would do so to be reset (node:net), and its SYN would meet the next firewall.
    for (const socket of sockets)
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    process.stdout.write("begun\n");
    sockets = (JSON.parse(line) as ManyKnock[]).map(knock);
  }
}

function knock({ from, address, port }: ManyKnock, index: number): Socket {
  const socket = connect({ host: address, port, localAddress: from });
  // Refused is as good as silent here; an address that is not ours to come from is a mistake of the test's.
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "ECONNREFUSED" && error.code !== "ECONNRESET") throw error;
  });
  return socket.once("connect", () => process.stdout.write(`${index}\n`));
}
