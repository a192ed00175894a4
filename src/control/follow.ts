/** The control socket's client for routes that do not end. */
import type { IncomingMessage } from "node:http";
import { request } from "../http.ts";
import { type Calling, answerOf, nobody, targetOf } from "./client.ts";
import { EventReader } from "./event-reader.ts";
import { type Parameters, ROUTES, type Route, type StreamName } from "./routes.ts";

/** Longest silence, in milliseconds: the gateway says every 15 s that it is here. */
const PATIENCE = 40_000;

export interface Followed {
  /** Follow again after it, and nothing is missed. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/**
 * What happens, as it happens, until the gateway ends it or the signal comes. Whoever wants more asks again after the last
 * id. Throws the gateway's own `EcluseError`, or `no-gateway` where nobody answers or it breaks off.
 */
export async function* follow<Name extends StreamName>(
  socketPath: string,
  name: Name,
  parameters: Partial<Parameters<Name>>,
  calling: Calling = {},
): AsyncGenerator<Followed, undefined> {
  const { signal } = calling;
  try {
    const response = await begun(socketPath, ROUTES[name], { parameters, ...calling });
    const reader = new EventReader();
    for await (const chunk of response) {
      for (const { id, event, data } of reader.read(chunk as Buffer)) {
        yield { id, event, data: JSON.parse(data) as unknown };
      }
    }
  } catch (error) {
    if (signal?.aborted === true) return;
    throw nobody(socketPath, error);
  }
}

interface Beginning extends Calling {
  readonly parameters: Readonly<Record<string, unknown>>;
}

async function begun(socketPath: string, route: Route, beginning: Beginning): Promise<IncomingMessage> {
  const { parameters, signal, patience = PATIENCE } = beginning;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({
      ...{ socketPath, method: route.method, path: targetOf(route, parameters), timeout: patience, agent: false },
      ...(signal === undefined ? {} : { signal }),
    });
    asked.on("response", resolve).on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error("it has fallen silent")));
    asked.end();
  });
  if (response.statusCode === 200) return response;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  answerOf(socketPath, response.statusCode ?? 0, Buffer.concat(chunks).toString());
  throw new Error("what answers there does not tell what happens");
}
