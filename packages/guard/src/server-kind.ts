/** What a server speaks, which decides how a refused peer can be told. */
import * as http from "node:http";
import * as https from "node:https";
import type { Server } from "node:net";
import * as tls from "node:tls";

/** `raw` is TCP or TLS with a protocol of the service's own: nobody can be told anything, only reset. */
export type ServerKind = "http" | "https" | "http2" | "http2-tls" | "raw";

export function kindOf(server: Server): ServerKind {
  // The classes of http2 are not exported; `updateSettings` is theirs alone, and asking for it does not load http2.
  const http2 = "updateSettings" in server;
  if (http2) return server instanceof tls.Server ? "http2-tls" : "http2";
  if (server instanceof https.Server) return "https";
  return server instanceof http.Server ? "http" : "raw";
}
