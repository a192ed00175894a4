/** What is no request: answered with the strict headers too, and closed. */
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { STATUS_CODES } from "../../http.ts";
import { STRICT_HEADERS } from "./headers.ts";

const STATUSES: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

export function refuseNoise(server: Server): void {
  server.on("clientError", ({ code }: NodeJS.ErrnoException, socket) => close(socket, STATUSES[code ?? ""] ?? 400));
  // Without a listener for them, Node closes these without a word, or takes them for requests.
  server.on("connect", (_request, socket) => close(socket, 405));
  server.on("upgrade", (_request, socket) => close(socket, 400));
  server.on("checkExpectation", (_request, response) => response.writeHead(417, closing()).end());
}

function close(socket: Duplex, status: number): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const headers = Object.entries(closing()).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers.join("")}\r\n`, () => socket.destroy());
}

function closing(): Readonly<Record<string, string>> {
  return { ...STRICT_HEADERS, connection: "close", "content-length": "0" };
}
