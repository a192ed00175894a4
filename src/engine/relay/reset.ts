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
  if (socket.connecting) giveUp(socket);
  else if (isShuttingDown(socket)) resetOnce(socket, "finish");
  else socket.resetAndDestroy();
}

/**
 * A dial may have succeeded without our having been told so yet: then the other end has a connection, and a FIN would
 * leave it there for as long as it likes. So the loop is given one whole turn to tell.
 */
function giveUp(socket: Socket): void {
  resetOnce(socket, "connect");
  setImmediate(() =>
    setImmediate(() => {
      if (socket.connecting) socket.destroy();
    }),
  );
}

/** Before all other listeners, for what waits for the same event to be written must not be. */
function resetOnce(socket: Socket, event: "connect" | "finish"): void {
  if (!socket.listeners(event).includes(resetNow)) socket.prependOnceListener(event, resetNow);
}

function resetNow(this: Socket): void {
  this.resetAndDestroy();
}

function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
