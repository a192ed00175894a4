/**
 * How many connections there may be. Of more, the one that has waited longest without a whole request goes: whoever opens
 * a thousand and says nothing, or never ends what he says, shuts out only himself.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const MOST = 256;

export function boundConnections(server: Server, most = MOST): void {
  const silent = new Set<Socket>();
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open += 1;
    silent.add(socket);
    socket.once("close", () => {
      open -= 1;
      silent.delete(socket);
    });
    if (open > most) first(silent)?.destroy();
  });
  server.on("request", (request, response) => {
    const { socket } = request;
    if (hasBody(request)) request.once("end", () => response.writableEnded || silent.delete(socket));
    else silent.delete(socket);
    response.once("close", () => socket.destroyed || silent.add(socket));
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** If all the others are being answered, that is the newest. */
function first(sockets: ReadonlySet<Socket>): Socket | undefined {
  const [socket] = sockets;
  return socket;
}
