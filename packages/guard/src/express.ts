/** Express 4 and 5 (and Connect): a middleware, to be mounted before all others. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerRequest, type RequestJudge } from "./request-guard.ts";

export type ExpressMiddleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Answers 403 to whoever may not come in; never reads `req.ip` or a header. Use with `guard.protect(server)`. */
export function expressGuard(guard: RequestJudge): ExpressMiddleware {
  return (request, response, next) => {
    if (guard.admits(request)) next();
    else answerRequest(request, response);
  };
}
