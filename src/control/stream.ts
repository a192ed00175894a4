/** A route that does not end: what happens is sent as it happens, until whoever asked leaves or is cut. */
import type { ServerResponse } from "node:http";

/** Where what happens is written to. */
export interface Sink {
  /** False: enough for now, until `drained`. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** What was written is still sent. */
  readonly end: () => void;
  /** At once. */
  readonly cut: () => void;
}

/** Told of the sink's end. */
export interface Follower {
  readonly drained: () => void;
  readonly left: () => void;
}

/** What the handler of such a route answers: begins to write into the sink it is given. */
export type Streamed = (sink: Sink) => Follower;

export function sendStream(response: ServerResponse, type: string, streamed: Streamed): void {
  if (response.destroyed) return;
  // Its end is the connection's: a kept one would lead to a process that another may have taken over from.
  response.writeHead(200, { "content-type": type, "cache-control": "no-store", connection: "close" });
  response.flushHeaders();
  const follower = streamed({
    write: (bytes) => response.write(bytes),
    end: () => void response.end(),
    cut: () => void response.destroy(),
  });
  response.on("error", () => undefined);
  response.on("drain", follower.drained).on("close", follower.left);
}
