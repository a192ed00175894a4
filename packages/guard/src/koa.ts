/** Koa: a middleware, to be used before all others. */
import type { IncomingMessage } from "node:http";
import { FORBIDDEN_TEXT } from "./forbidden.ts";
import { forbiddenHeaders, type RequestJudge } from "./request-guard.ts";

/** What the middleware asks of a context. */
interface Context {
  readonly req: IncomingMessage;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): void;
}

export type KoaMiddleware = (context: Context, next: () => Promise<unknown>) => Promise<void>;

/** Answers 403 to whoever may not come in; never reads `ctx.ip` or a header. Use with `guard.protect(server)`. */
export function koaGuard(guard: RequestJudge): KoaMiddleware {
  return async (context, next) => {
    if (guard.admits(context.req)) {
      await next();
      return;
    }
    context.status = 403;
    context.set(forbiddenHeaders(context.req));
    context.body = FORBIDDEN_TEXT;
  };
}
