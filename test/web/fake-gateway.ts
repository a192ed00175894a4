/** A control socket that answers what a test says, and tells events when a test says so. */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";

export interface Heard {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

export interface FakeGateway extends AsyncDisposable {
  readonly heard: readonly Heard[];
  /** Who listens to events now. */
  readonly listeners: ReadonlySet<ServerResponse>;
  /** The queries of every subscription to events so far. */
  readonly subscriptions: readonly string[];
  readonly tell: (number: number, event?: string, epoch?: string) => void;
  /** Ends the subscriptions, as a gateway does that hands over. */
  readonly hangUp: () => void;
}

export type Answers = (heard: Heard) => { readonly status?: number; readonly json: unknown } | undefined;

export async function fakeGateway(control: string, answers: Answers = () => undefined): Promise<FakeGateway> {
  const heard: Heard[] = [];
  const listeners = new Set<ServerResponse>();
  const subscriptions: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "" } = request;
    if (url.startsWith("/v1/events")) {
      subscriptions.push(url.slice("/v1/events".length));
      listeners.add(response);
      response.once("close", () => listeners.delete(response));
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = { method, url, body: Buffer.concat(chunks).toString() };
    heard.push(asked);
    const { status = 200, json } = answers(asked) ?? { json: { asked: url } };
    const type = status === 200 ? "application/json" : "application/problem+json";
    response.writeHead(status, { "content-type": type }).end(JSON.stringify(json));
  };
  server.listen(control);
  await once(server, "listening");
  const hangUp = (): void => {
    for (const listener of listeners) listener.end();
  };
  return {
    ...{ heard, listeners, subscriptions, hangUp },
    tell: (number, event = "began", epoch = "e") => {
      for (const listener of listeners) listener.write(eventText(number, event, epoch));
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export function eventText(number: number, event = "began", epoch = "e"): string {
  return `id: ${epoch}-${number}\nevent: ${event}\ndata: {"session":${number}}\n\n`;
}
