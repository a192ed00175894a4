/**
 * The services that `bench/guard.ts` asks: an Express hello in each variant, all in one process. In a process each, two
 * of the very same service differed by up to 4 % for the whole of a run, which hides what is to be seen.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createGuard, type Guard } from "@ecluse/guard";
import { expressGuard } from "@ecluse/guard/express";

interface App {
  use(handler: unknown): void;
  get(path: string, handler: unknown): void;
}

const HOST = "127.0.0.1";
const create = createRequire(import.meta.url)("express") as () => App;
const one = createGuard({ allow: networks(1) });
const many = createGuard({ allow: networks(100_000) });

/** What the founding document has the services do, for comparison. */
const document = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
  if (request.socket.remoteAddress?.replace(/^::ffff:/, "") === HOST) next();
  else response.writeHead(403).end();
};

const servers: readonly (readonly [name: string, server: Server])[] = [
  ["without", hello()],
  ["the document's middleware", hello(document)],
  ["guard", guarded(one)],
  ["guard, 100,000 networks", guarded(many)],
  ["guard and middleware, 100,000 networks", guarded(many, expressGuard(many))],
];

const ports = await Promise.all(servers.map(async ([name, server]) => [name, await listening(server)] as const));
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => servers.forEach(([, server]) => server.close().closeAllConnections()));
process.send?.(ports);

function hello(...middleware: readonly unknown[]): Server {
  const app = create();
  for (const each of middleware) app.use(each);
  app.get("/", (_request: unknown, response: { send(text: string): void }) => response.send("hello"));
  return createServer(app as unknown as RequestListener);
}

function guarded(guard: Guard, ...middleware: readonly unknown[]): Server {
  return guard.protect(hello(...middleware));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port)));
}

/** Every other /24 from 10.0.0.0 on, so that nothing merges, and the one that asks. */
function networks(count: number): readonly string[] {
  const address = (index: number): string => `${10 + (index >> 15)}.${(index >> 7) & 255}.${(index & 127) * 2}.0/24`;
  return [HOST, ...Array.from({ length: count - 1 }, (_, index) => address(index))];
}
