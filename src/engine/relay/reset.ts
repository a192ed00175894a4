/** Ending a socket with RST, so that a peer never takes a failure for a clean end. */
import type { Socket } from "node:net";

/**
 * Sends RST and closes. Safe in every state of the socket, and more than once.
 *
 * While a `shutdown` is on its way libuv refuses to reset (EINVAL) and Node has let go of the handle by then: the
 * descriptor would leak and the peer would hang. That moment is over within one turn of the loop, at 'finish'.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting) socket.destroy();
  else if (isShuttingDown(socket)) socket.once("finish", () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
