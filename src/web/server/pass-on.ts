/** What the page may ask of the gateway: these routes and no other, each passed on as it is. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { ROUTES, type Route, type RouteName } from "../../control/routes.ts";
import type { GatewaySocket, Question } from "./gateway.ts";
import { STRICT_HEADERS } from "./headers.ts";
import { type Body, readBody } from "./request-body.ts";

/** `events` is passed on too, by `event-pages.ts`. Not among them: what nobody needs a page for, and `takeOver`. */
const PASSED: readonly RouteName[] = [
  ...(["overview", "flow", "activity", "status", "sessions", "health", "probe"] as const),
  ...(["history", "plan", "apply", "confirm", "rollback", "grants", "grant", "revoke", "operate"] as const),
  ...(["journal", "refusals", "usage", "changes"] as const),
];

/** The route of a request; `undefined`: it is none that is passed on. */
export function passedRoute(method: string | undefined, path: string): Route | undefined {
  return ROUTES_PASSED.find((route) => route.path === path && route.method === method);
}

/** How a path may be asked for; empty: it is none of ours. */
export function methodsOf(path: string): readonly Route["method"][] {
  return ROUTES_PASSED.filter((route) => route.path === path).map(({ method }) => method);
}

const ROUTES_PASSED: readonly Route[] = PASSED.map((name) => ROUTES[name]);

export interface PassingOn {
  readonly route: Route;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly gateway: GatewaySocket;
  /** Who is logged in. */
  readonly name: string;
}

/** Throws `no-gateway`, or what is wrong with the request's body. */
export async function passOn({ route, request, response, gateway, name }: PassingOn): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  const question = { ...(await questionOf(route, request, name)), signal: left.signal };
  const answer = await gateway.ask(question).catch((error: unknown) => {
    // Nobody waits for it any more.
    if (!left.signal.aborted) throw error;
  });
  if (answer === undefined) return;
  const { "content-type": type = "application/json", "content-length": length } = answer.headers;
  const passed = { "content-type": type, ...(length === undefined ? {} : { "content-length": length }) };
  response.writeHead(answer.statusCode ?? 502, { ...STRICT_HEADERS, ...passed });
  // Ended by either side, half an answer is closed; there is nobody to tell.
  await pipeline(answer, response).catch(() => undefined);
}

async function questionOf(route: Route, request: IncomingMessage, name: string): Promise<Question> {
  if (route.method === "POST") {
    const body = signed(route, await readBody(request), name);
    return { method: "POST", path: route.path, body: JSON.stringify(body) };
  }
  const query = /\?.*$/.exec(request.url ?? "")?.[0] ?? "";
  return { method: "GET", path: `${route.path}${query}` };
}

/** Whoever is logged in is the author, whatever the page says. */
function signed(route: Route, body: Body, name: string): Body {
  return "author" in route.parameters ? { ...body, author: `${name} (dashboard)` } : body;
}
