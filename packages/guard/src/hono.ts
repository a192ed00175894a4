/** Hono on Node (`@hono/node-server`): a middleware, to be used before all others. */
import type { IncomingMessage } from "node:http";
import { FORBIDDEN_TEXT } from "./forbidden.ts";
import { forbiddenHeaders, type RequestJudge } from "./request-guard.ts";

/** What the middleware asks of a context; the node server puts the request of node:http into `env.incoming`. */
interface Context {
  readonly env: unknown;
}

export type HonoMiddleware = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>;

/**
 * Answers 403 to whoever may not come in, and to everybody on a runtime that shows no socket. Use with
 * `guard.protect(server)` on what `serve()` returns.
 */
export function honoGuard(guard: RequestJudge): HonoMiddleware {
  return async ({ env }, next) => {
    const incoming = (env as { readonly incoming?: IncomingMessage } | undefined)?.incoming;
    if (incoming !== undefined && guard.admits(incoming)) {
      await next();
      return undefined;
    }
    const headers = forbiddenHeaders(incoming ?? { httpVersionMajor: 2 });
    return new Response(FORBIDDEN_TEXT, { status: 403, headers });
  };
}
