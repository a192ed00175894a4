/** The service that `bench/guard.ts` asks: an Express hello in a process of its own, in one of the variants. */
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createGuard } from "@ecluse/guard";
import { expressGuard } from "@ecluse/guard/express";

interface App {
  use(handler: unknown): void;
  get(path: string, handler: unknown): void;
}

/** Every other /24 from 10.0.0.0 on, so that nothing merges, and the one that asks. */
function networks(count: number): readonly string[] {
  const address = (index: number): string => `${10 + (index >> 15)}.${(index >> 7) & 255}.${(index & 127) * 2}.0/24`;
  return ["127.0.0.1", ...Array.from({ length: count - 1 }, (_, index) => address(index))];
}

const [, , variant = "without", count = "1"] = process.argv;
const app = (createRequire(import.meta.url)("express") as () => App)();
const guard = createGuard({ allow: networks(Number(count)) });
if (variant === "both") app.use(expressGuard(guard));
app.get("/", (_request: unknown, response: { send(text: string): void }) => response.send("hello"));
const server = createServer(app as unknown as RequestListener);
if (variant !== "without") guard.protect(server);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => server.close().closeAllConnections());
