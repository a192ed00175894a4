/** Which answer belongs to which request. A path is compared as it came: none is ever decoded, joined or normalised. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../engine/engine.ts";
import { send, sendJson, sendNothing } from "./answer.ts";
import type { AppliedInventory } from "./applied-inventory.ts";
import { cookie, cookieName, endedCookie, readCookie } from "./cookie.ts";
import type { EventPages } from "./event-pages.ts";
import type { GatewaySocket } from "./gateway.ts";
import type { HostAudit } from "./host-audit.ts";
import type { Place } from "./listen-address.ts";
import type { Login, Logins } from "./logins.ts";
import { matrix, readLanguage } from "./matrix.ts";
import type { PageFiles } from "./page-files.ts";
import { methodsOf, passOn, passedRoute } from "./pass-on.ts";
import { readName } from "./person.ts";
import { Problem } from "./problem.ts";
import { readBody } from "./request-body.ts";
import { requireOwnHost, requireOwnOrigin, requireOwnPage } from "./strangers.ts";
import { type TokenFile, isSameSecret } from "./token.ts";
import type { WrongTokens } from "./wrong-tokens.ts";

export interface Parts {
  readonly place: Place;
  /** What Host may say. */
  readonly hosts: ReadonlySet<string>;
  readonly token: TokenFile;
  readonly logins: Logins;
  readonly wrong: WrongTokens;
  readonly gateway: GatewaySocket;
  readonly inventory: AppliedInventory;
  readonly events: EventPages;
  readonly audit: HostAudit;
  readonly page: PageFiles;
  readonly clock: Clock;
}

export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The pages by themselves: each is the same shell, which then reads its own address. */
const PAGES = /^\/(?:depot\/\d{1,2}|terminal\/[\w.~%-]{1,300}|refusals|changes|matrix|audit)?$/;

type Answer = (parts: Parts, asked: Asked) => Promise<void> | void;

/** By method and path; those that need a login. */
const GUARDED: Readonly<Record<string, Answer>> = {
  "POST /logout": logout,
  "GET /me": me,
  "GET /v1/events": events,
  "GET /matrix.json": sendMatrix,
  "GET /audit.json": ({ audit }, { response }) => sendJson(response, audit.last),
  "POST /audit": async ({ audit }, { request, response }) => {
    await readBody(request);
    sendJson(response, await audit.run());
  },
};

/** Throws what stands in the way. */
export async function answer(parts: Parts, asked: Asked): Promise<void> {
  const { request, response } = asked;
  const host = requireOwnHost(request, parts.hosts);
  const path = pathOf(request);
  const content = PAGES.test(path) ? parts.page.shell : parts.page.files.get(path);
  requireMethod(request, [...(content === undefined ? [] : ["GET", "HEAD"]), ...methodsAt(path)]);
  // A page holds no data: a link on another site may lead to it. `/audit` can also be posted to.
  if (content !== undefined && request.method !== "POST") {
    send(response, 200, content);
    return;
  }
  if (request.method === "POST") requireOwnOrigin(request, host);
  else requireOwnPage(request, host);
  if (path === "/login") await login(parts, asked);
  else await answerGuarded(parts, asked, path);
}

async function answerGuarded(parts: Parts, asked: Asked, path: string): Promise<void> {
  const { request, response } = asked;
  const { name } = await requireLogin(parts, request);
  const own = GUARDED[`${request.method ?? ""} ${path}`];
  const route = passedRoute(request.method, path);
  if (own !== undefined) await own(parts, asked);
  else if (route !== undefined) await passOn({ route, request, response, gateway: parts.gateway, name });
}

function methodsAt(path: string): readonly string[] {
  const own = [...Object.keys(GUARDED), "POST /login"].map((each) => each.split(" "));
  return [...own.flatMap(([method, at]) => (at === path ? [method ?? ""] : [])), ...methodsOf(path)];
}

/** Throws 404 where there is nothing, 405 where it is asked for in another way. */
function requireMethod({ method = "" }: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(method)) return;
  if (methods.length === 0) {
    throw new Problem(404, "not-found", "There is no such page", { hint: "begin at /" });
  }
  throw new Problem(405, "wrong-method", `Cannot ${method} this`, { hint: methods.join(" or ") });
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

async function requireLogin(parts: Parts, request: IncomingMessage): Promise<Login> {
  const found = await loginOf(parts, request);
  if (found !== undefined) return found;
  throw new Problem(401, "not-logged-in", "Nobody is logged in here", {
    hint: "ecluse dashboard --url prints the way in",
  });
}

async function loginOf({ logins, token, place }: Parts, { headers }: IncomingMessage): Promise<Login | undefined> {
  const id = readCookie(headers.cookie, cookieName(place.port));
  return id === undefined ? undefined : logins.find(id, await token.current());
}

async function login({ token, logins, wrong, place, inventory }: Parts, { request, response }: Asked): Promise<void> {
  const { token: given, name: named } = await readBody(request);
  const name = readName(named);
  const right = await token.current();
  if (typeof given !== "string" || !isSameSecret(given, right)) throw await refusal(wrong);
  const id = await logins.begin(name, right);
  // Its matrix or its language may be asked for in a moment.
  inventory.current().catch(() => undefined);
  sendNothing(response, { "set-cookie": cookie(cookieName(place.port), id) });
}

async function refusal(wrong: WrongTokens): Promise<Problem> {
  if (await wrong.another()) {
    const hint = "ecluse dashboard --url prints the address with the token that holds";
    return new Problem(403, "wrong-token", "Cannot log in: that is not the token", { hint });
  }
  return new Problem(429, "too-many", "Cannot log in: too many wrong tokens are being tried", {
    hint: "wait a little",
  });
}

async function logout({ logins, place }: Parts, { request, response }: Asked): Promise<void> {
  const name = cookieName(place.port);
  await logins.end(readCookie(request.headers.cookie, name) ?? "");
  sendNothing(response, { "set-cookie": endedCookie(name) });
}

/** The language is the inventory's; `null` while none has been read, which nobody shall wait for. */
async function me(parts: Parts, { request, response }: Asked): Promise<void> {
  const { name } = await requireLogin(parts, request);
  sendJson(response, { name, language: parts.inventory.last?.inventory.language ?? null });
}

function events(parts: Parts, { request, response }: Asked): void {
  const mayListen = async (): Promise<boolean> => (await loginOf(parts, request)) !== undefined;
  parts.events.open({ request, response, mayListen });
}

async function sendMatrix({ inventory, gateway, clock }: Parts, { request, response }: Asked): Promise<void> {
  const language = readLanguage(URL.parse(request.url ?? "", "http://ecluse")?.searchParams.get("language"));
  sendJson(response, await matrix({ inventory, gateway, language, at: clock.wall() }));
}
