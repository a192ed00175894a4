/** Fastify 4 and 5: a plugin that also puts the guard before the instance's own server. */
import type { IncomingMessage } from "node:http";
import type { Server } from "node:net";
import type { Guard } from "./guard.ts";
import { FORBIDDEN_TEXT } from "./forbidden.ts";
import { forbiddenHeaders } from "./request-guard.ts";

/** What the plugin asks of an instance, in 4 and 5 alike. */
interface Instance {
  readonly server: unknown;
  addHook(name: "onRequest", hook: (request: Request, reply: Reply, done: () => void) => void): unknown;
}

interface Request {
  readonly raw: unknown;
}

interface Reply {
  code(status: number): Reply;
  headers(headers: Record<string, string>): Reply;
  send(text: string): unknown;
}

export type FastifyGuardPlugin = (instance: Instance, options: unknown, done: () => void) => void;

/**
 * Register first, so that its hook runs first. It covers `instance.server`; a `localhost` that is two addresses gets a
 * second server of Fastify's own, where only the hook judges: listen on an IPv4 address.
 */
export function fastifyGuard(guard: Guard): FastifyGuardPlugin {
  const plugin: FastifyGuardPlugin = (instance, _options, done) => {
    guard.protect(instance.server as Server);
    instance.addHook("onRequest", (request, reply, next) => {
      const raw = request.raw as IncomingMessage;
      if (guard.admits(raw)) next();
      else reply.code(403).headers(forbiddenHeaders(raw)).send(FORBIDDEN_TEXT);
    });
    done();
  };
  // What the package fastify-plugin sets: without it the hook would hold for the plugin's own routes, of which it has none.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}
