/**
 * Connections of one host, opened and used as it is told: a line (JSON) for each thing to do, a line for each that happens.
 * What it sends and is sent are bytes, each told as the character of its number.
 */
import { type Socket, connect, createServer } from "node:net";
import { createInterface } from "node:readline";

export type PeerOrder =
  | { readonly do: "listen"; readonly address: string; readonly port: number }
  | { readonly do: "connect"; readonly name: string; readonly from: string; readonly to: string; readonly port: number }
  | { readonly do: "say"; readonly name: string; readonly text: string }
  | { readonly do: "end" | "reset"; readonly name: string };

/** A connection that was accepted is named after the port it came from, as this host sees it. */
export type PeerEvent =
  | { readonly what: "listening" }
  | { readonly what: "accepted"; readonly name: string; readonly from: string }
  | { readonly what: "connected"; readonly name: string }
  | { readonly what: "ended"; readonly name: string }
  | { readonly what: "closed"; readonly name: string }
  | { readonly what: "heard"; readonly name: string; readonly text: string }
  | { readonly what: "failed"; readonly name: string; readonly code: string };

const sockets = new Map<string, Socket>();

for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as PeerOrder);

function obey(order: PeerOrder): void {
  if (order.do === "listen") listen(order);
  else if (order.do === "connect") {
    const { name, from: localAddress, to: host, port } = order;
    const socket = connect({ host, port, localAddress, allowHalfOpen: true });
    socket.once("connect", () => tell({ what: "connected", name }));
    follow(name, socket);
  } else if (order.do === "say") sockets.get(order.name)?.write(order.text, "latin1");
  else if (order.do === "end") sockets.get(order.name)?.end();
  else sockets.get(order.name)?.resetAndDestroy();
}

function listen({ address, port }: Extract<PeerOrder, { do: "listen" }>): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const name = String(socket.remotePort);
    tell({ what: "accepted", name, from: socket.remoteAddress ?? "" });
    follow(name, socket);
  });
  server.listen(port, address, () => tell({ what: "listening" }));
}

function follow(name: string, socket: Socket): void {
  sockets.set(name, socket);
  socket.on("data", (chunk: Buffer) => tell({ what: "heard", name, text: chunk.toString("latin1") }));
  socket.on("end", () => tell({ what: "ended", name }));
  socket.on("error", (error: NodeJS.ErrnoException) => tell({ what: "failed", name, code: error.code ?? "" }));
  socket.on("close", () => tell({ what: "closed", name }));
}

function tell(event: PeerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
