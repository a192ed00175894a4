/** Subscribers of Ecluse's event stream: they read it as it comes, and count. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Target } from "./job.ts";

export interface Followers extends AsyncDisposable {
  /** Sessions that each was told of, on average, so far. */
  readonly events: number;
  /** Why nobody follows. */
  readonly refusal?: string;
}

export async function follow({ control }: Target, count: number): Promise<Followers> {
  const streams: IncomingMessage[] = [];
  let seen = 0;
  const leave = (): Promise<void> => {
    for (const stream of streams) stream.destroy();
    return Promise.resolve();
  };
  const followers = {
    [Symbol.asyncDispose]: leave,
    get events() {
      return count === 0 ? 0 : seen / count;
    },
  };
  for (let index = 0; index < count; index += 1) {
    if (control === undefined) return Object.assign(followers, { refusal: "it has no event stream" });
    const asked = request({ socketPath: control, path: "/v1/events", headers: { accept: "text/event-stream" } }).end();
    const [stream] = (await once(asked, "response")) as [IncomingMessage];
    streams.push(stream);
    const refusal = `its control socket has no event stream (GET /v1/events: ${stream.statusCode ?? 0})`;
    if (stream.statusCode !== 200) return Object.assign(followers, { refusal });
    stream.on("error", () => undefined);
    stream.on("data", (chunk: Buffer) => (seen += endedIn(chunk)));
  }
  return followers;
}

/** How many events tell of a session that has ended. A name that two chunks share is missed: this is a sign of life. */
function endedIn(chunk: Buffer): number {
  return chunk.toString("latin1").split("event: ended").length - 1;
}
