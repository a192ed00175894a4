/** Listens where it is told, a list (JSON) a line, instead of where it was told before; says when it does. */
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Place } from "./many-knocks.ts";

let servers: readonly Server[] = [];
const inside = new Set<Socket>();

for await (const line of createInterface({ input: process.stdin })) {
  for (const socket of inside) socket.resetAndDestroy();
  for (const server of servers) server.close();
  servers = (JSON.parse(line) as Place[]).map(({ address, port }) => open(address, port));
  await Promise.all(servers.map((server) => once(server, "listening")));
  process.stdout.write("listening\n");
}

/** Sends back what it is sent. */
function open(address: string, port: number): Server {
  const server = createServer((socket) => {
    inside.add(socket);
    socket.on("error", () => undefined).once("close", () => inside.delete(socket));
    socket.pipe(socket);
  });
  return server.listen(port, address);
}
