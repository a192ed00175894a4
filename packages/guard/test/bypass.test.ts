/**
 * Thirteen ways around a source filter, tried at six kinds of server and two frameworks, each from a stranger's address:
 * first against a filter as services have them (it must be got around, or the attack proves nothing), then against the
 * same service without any filter of its own and with the guard before it.
 *
 *     stranger 127.0.0.9 ---+
 *                           +--> service 127.0.0.1, which only 127.0.0.2 may reach
 *     proxy    127.0.0.2 ---+
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { suite, test } from "node:test";
import { guardFromEnvironment } from "../src/environment.ts";
import { createGuard, type Guard } from "../src/guard.ts";
import { CERTIFICATE } from "./support/certificate.ts";
import {
  type Answer,
  connect,
  openSession,
  PROXY,
  request,
  type Route,
  say,
  SERVICE,
  stayQuiet,
  STRANGER,
} from "./support/peers.ts";
import { addLater, createService, type Filter, type Kind, KINDS, type Service } from "./support/services.ts";

/** The founding document's middleware: the socket's address, normalised, compared. */
const inRoute: Filter = (peer) => peer?.replace(/^::ffff:/, "") === PROXY;
/** The same after `trust proxy`, or behind a PROXY line that anybody may write. */
const believing: Filter = (peer, claimed) => (claimed ?? peer) === PROXY;
/** The same when the variable is set to nothing: `if (allowed && peer !== allowed) refuse()`. */
const openWhenEmpty: Filter = (peer) => {
  const allowed: string = "";
  return allowed === "" || peer === allowed;
};
const none: Filter = () => true;

interface Stage {
  readonly service: Service;
  readonly putFilter: () => void;
  /** Milliseconds after which a connection that nobody ended counts as open. */
  readonly patience: number;
}

interface Way {
  readonly name: string;
  /** The filter that this way gets around. */
  readonly naive: Filter;
  readonly attack: (kind: Kind, route: Route, at: Stage) => Promise<Answer>;
  /** The attack puts the filter there itself, in its own time. */
  readonly early?: true;
  /** Whether the stranger got further than a filter should let them. */
  readonly entered: (reached: readonly string[], answer: Answer, kind: Kind) => boolean;
  /** Kinds for which this way means nothing, and why. */
  readonly senseless?: Partial<Record<Kind, string>>;
}

const NO_HTTP = "no HTTP is spoken";
const noHttp = { net: NO_HTTP, tls: NO_HTTP };
const SECURE: readonly Kind[] = ["https", "http2-tls", "tls"];
const GET = "GET / HTTP/1.1\r\nHost: service\r\n\r\n";

const WAYS: readonly Way[] = [
  {
    name: "a WebSocket upgrade",
    naive: inRoute,
    attack: (kind, route) =>
      ask(
        kind,
        route,
        ["GET /chat HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
        [
          {
            ":method": "CONNECT",
            ":protocol": "websocket",
            ":path": "/chat",
            ":scheme": "http",
            ":authority": "service",
          },
        ],
      ),
    entered: (reached) => reached.includes("upgrade") || reached.includes("connect"),
    senseless: noHttp,
  },
  {
    name: "a malformed request, which Node answers itself",
    naive: inRoute,
    attack: (kind, route) => {
      const socket = connect(
        kind === "tls" ? { ...route, secure: false } : route,
        speaksHttp2(kind) ? "h2" : undefined,
      );
      return say(route, ["GARBAGE\u0000\r\n\r\nmore than the twenty-four octets of a preface"], socket);
    },
    entered: (reached, answer) =>
      answer.statuses.includes(400) ||
      ["clientError", "sessionError", "tlsClientError"].some((name) => reached.includes(name)),
    senseless: { net: "no parser stands before the service's own" },
  },
  {
    name: "CONNECT",
    naive: inRoute,
    attack: (kind, route) =>
      ask(
        kind,
        route,
        ["CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n"],
        [{ ":method": "CONNECT", ":authority": "db:5432" }],
      ),
    entered: (reached) => reached.includes("connect"),
    senseless: noHttp,
  },
  {
    name: "Expect: 100-continue",
    naive: inRoute,
    attack: (kind, route) =>
      ask(
        kind,
        route,
        ["POST / HTTP/1.1\r\nHost: service\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"],
        [{ ":method": "POST", ":path": "/", expect: "100-continue" }],
      ),
    entered: (reached) => reached.includes("checkContinue"),
    senseless: noHttp,
  },
  {
    name: "what was mounted before the filter",
    naive: inRoute,
    attack: (kind, route) => hello(kind, route),
    entered: (reached) => reached.includes("earlier"),
  },
  {
    name: "what is added after the filter",
    naive: inRoute,
    attack: (kind, route) => hello(kind, route),
    entered: (reached) => reached.includes("later"),
  },
  {
    name: "a forged X-Forwarded-For, or PROXY line",
    naive: believing,
    attack: (kind, route) =>
      ask(
        kind,
        route,
        [
          speaksLines(kind)
            ? `PROXY TCP4 ${PROXY} ${SERVICE} 1 2\r\n`
            : `GET / HTTP/1.1\r\nHost: s\r\nX-Forwarded-For: ${PROXY}\r\n\r\n`,
        ],
        [{ ":path": "/", "x-forwarded-for": PROXY }],
      ),
    entered: (reached) => reached.includes("route"),
  },
  {
    name: "a connection that is kept after the refusal",
    naive: inRoute,
    attack: (kind, route) => hello(kind, route, 2),
    entered: (_reached, answer) => answer.statuses.length === 2,
  },
  {
    name: "a connection that says nothing and stays",
    naive: inRoute,
    attack: async (kind, route, { patience }) => ({
      text: "",
      statuses: [],
      end: await stayQuiet(route, patience, speaksHttp2(kind) ? "h2" : undefined),
    }),
    entered: (_reached, answer) => answer.end === "open",
  },
  {
    name: "the service's own connection listener",
    naive: inRoute,
    attack: (kind, route) => hello(kind, route),
    entered: (reached) => reached.includes("connection"),
  },
  {
    name: "a list that is set to nothing",
    naive: openWhenEmpty,
    attack: (kind, route) => hello(kind, route),
    entered: (reached) => reached.includes("route"),
  },
  {
    name: "a connection older than the filter",
    naive: none,
    early: true,
    attack: async (kind, route, { service, putFilter }) => {
      if (speaksHttp2(kind)) {
        const session = await openSession(route);
        putFilter();
        return request(route, [{ ":path": "/" }], Promise.resolve(session));
      }
      return sayLate([GET], route, service.server, putFilter);
    },
    entered: (reached) => reached.includes("route"),
    senseless: {
      net: "an accepted socket cannot be found any more: protect before listen (documented)",
      tls: "as net",
    },
  },
  {
    name: "a malformed request on a connection older than the filter",
    naive: none,
    early: true,
    attack: (_kind, route, { service, putFilter }) => sayLate(["GARBAGE\r\n\r\n"], route, service.server, putFilter),
    entered: (reached) => reached.includes("clientError"),
    senseless: {
      ...noHttp,
      http2: "it ends its own session; the service reads no more than that it ended",
      "http2-tls": "as http2",
    },
  },
];

for (const kind of KINDS) {
  suite(kind, { concurrency: true }, () => {
    for (const way of WAYS) {
      const why = way.senseless?.[kind];
      if (why !== undefined) continue;
      test(`${way.name}: gets around a naive filter`, () => getsAround(way, kind));
      test(`${way.name}: stays outside the guard`, () => staysOutside(way, kind, "403"));
      test(`${way.name}: is reset by the guard`, () => staysOutside(way, kind, "reset"));
    }
  });
}

for (const kind of ["https", "http2-tls"] as const) {
  test(`${kind}: a handshake that a stranger spoils is told to no listener`, async () => {
    const service = await createService(kind, none);
    const guard = createGuard({ allow: PROXY, log: false });
    guard.protect(service.server);
    const route = { ...(await listening(service, kind)), secure: false };
    const answer = await say(route, ["GARBAGE\r\n\r\n"]);
    service.server.close();
    assert.deepEqual(service.reached, []);
    assert.notEqual(answer.end, "open");
    assert.equal(guard.refused, 1);
  });
}

test("a stranger who goes on sending after the 403 is not reset before having read it", async () => {
  const service = await createService("http", none);
  createGuard({ allow: PROXY, log: false }).protect(service.server);
  const socket = connect(await listening(service, "http"));
  const chunk = "x".repeat(1_000);
  socket.write(`POST / HTTP/1.1\r\nHost: service\r\nContent-Length: 1000000\r\n\r\n${chunk}`);
  await once(socket, "readable");
  const failures: (Error | null | undefined)[] = [];
  socket.on("error", (error) => failures.push(error));
  for (let count = 0; count < 50; count += 1) await new Promise((resolve) => socket.write(chunk, resolve));
  assert.deepEqual(failures, []);
  assert.match(
    String(socket.read()),
    /^HTTP\/1\.1 403 .*\r\n\r\n403 Forbidden: this service answers its proxy only\n$/s,
  );
  socket.destroy();
  service.server.close();
});

test("a flood of strangers is told up to a bound, then reset; the proxy still comes in", async () => {
  const service = await createService("http", none);
  const guard = createGuard({ allow: PROXY, log: false });
  guard.protect(service.server);
  const route = await listening(service, "http");
  const ends = await Promise.all(Array.from({ length: 300 }, () => stayQuiet(route, 20_000)));
  assert.deepEqual([guard.refused, ends.filter((end) => end === "reset").length], [300, 300 - 256]);
  assert.deepEqual((await hello("http", { ...route, from: PROXY })).statuses, [200]);
  service.server.close();
});

test("strangers who are told 403 leave the proxy half of the server's maxConnections", async () => {
  const service = await createService("http", none);
  service.server.maxConnections = 8;
  createGuard({ allow: PROXY, log: false }).protect(service.server);
  const route = await listening(service, "http");
  // They say nothing, and so stay for a second.
  const strangers = Array.from({ length: 8 }, () => connect(route).on("error", () => undefined));
  await Promise.all(strangers.map((socket) => once(socket, "connect")));
  assert.deepEqual((await hello("http", { ...route, from: PROXY })).statuses, [200]);
  for (const socket of strangers) socket.destroy();
  service.server.close();
});

test("a connection that outlived a close of its server is judged when the server listens again", async () => {
  const service = await createService("http", none);
  const route = await listening(service, "http");
  const accepted = once(service.server, "connection");
  // Half a request, so that closing the server does not end it.
  const socket = connect(route);
  socket.write("GET / HTTP/1.1\r\n");
  await accepted;
  service.server.close();
  createGuard({ allow: PROXY, log: false }).protect(service.server);
  await listening(service, "http");
  service.reached.length = 0;
  const answer = await say(route, ["Host: service\r\n\r\n"], socket);
  service.server.close();
  assert.deepEqual([service.reached, answer.statuses, answer.end], [[], [], "reset"]);
});

test("HTTP/1.1 at a server of HTTP/2 that allows it gets its 403 too", async () => {
  const server = createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (_request, response) => response.end());
  createGuard({ allow: PROXY, log: false }).protect(server);
  const route = await listening({ server, reached: [] }, "http2-tls");
  assert.deepEqual((await say(route, [GET])).statuses, [403]);
  assert.deepEqual((await say({ ...route, from: PROXY }, [GET])).statuses, [200]);
  server.close();
});

test("the table holds thirteen ways and eight kinds, and twelve ways at each of six kinds at least", () => {
  const sensible = (kind: Kind): number => WAYS.filter(({ senseless }) => senseless?.[kind] === undefined).length;
  assert.deepEqual([WAYS.length, KINDS.length, new Set(WAYS.map(({ name }) => name)).size], [13, 8, 13]);
  assert.deepEqual(
    KINDS.map((kind) => [kind, sensible(kind)]),
    [
      ["http", 13],
      ["https", 13],
      ["http2", 12],
      ["http2-tls", 12],
      ["net", 7],
      ["tls", 8],
      ["express", 13],
      ["fastify", 13],
    ],
  );
});

async function getsAround(way: Way, kind: Kind): Promise<void> {
  const service = await createService(kind, way.naive);
  addLater(kind, service);
  const route = await listening(service, kind);
  const putFilter = (): void => {
    // At 'connection', as is often advised: too late for whoever is there.
    service.server.prependListener("connection", (socket: Socket) => {
      if (!inRoute(socket.remoteAddress, undefined)) socket.destroy();
    });
  };
  const answer = await way.attack(kind, route, { service, putFilter, patience: 500 });
  service.server.close();
  assert.ok(way.entered(service.reached, answer, kind), JSON.stringify([service.reached, answer]));
}

async function staysOutside(way: Way, kind: Kind, reject: "403" | "reset"): Promise<void> {
  const service = await createService(kind, none);
  const guard = createGuard({ allow: PROXY, reject, log: false });
  if (way.naive === openWhenEmpty) assert.throws(() => guardFromEnvironment({ env: { ALLOWED_SOURCE_IP: "" } }));
  const putFilter = (): void => {
    guard.protect(service.server);
    guard.protect(service.server);
    addLater(kind, service);
    service.reached.length = 0;
  };
  if (way.early !== true) putFilter();
  const route = await listening(service, kind);
  // The guard ends a silent one after a second; a busy machine may be late with it.
  const answer = await way.attack(kind, route, { service, putFilter, patience: 20_000 });
  assert.deepEqual(service.reached, []);
  assert.equal(way.entered(service.reached, answer, kind), false, JSON.stringify(answer));
  assertRefused(way, kind, answer, guard);
  const welcome = await hello(kind, { ...route, from: PROXY });
  assert.deepEqual(welcome.statuses, [200], "the proxy comes in");
  service.server.close();
}

function assertRefused(way: Way, kind: Kind, { statuses, end }: Answer, guard: Guard): void {
  assert.ok(guard.refused >= 1);
  assert.notEqual(end, "open");
  const silent = way.name.includes("says nothing") || way.name.includes("malformed");
  const told = guard.reject === "403" && !speaksLines(kind) && way.early !== true;
  if (!told) assert.deepEqual(statuses, []);
  else if (!silent) assert.deepEqual(statuses, [403]);
}

/** Connects, waits until the service has the connection, has the filter put there, and only then speaks. */
async function sayLate(texts: readonly string[], route: Route, server: Server, putFilter: () => void): Promise<Answer> {
  const accepted = once(server, "connection");
  const socket = connect(route);
  await Promise.all([accepted, once(socket, route.secure ? "secureConnect" : "connect")]);
  putFilter();
  return say(route, texts, socket);
}

async function listening({ server }: Service, kind: Kind): Promise<Route> {
  // A test that fails leaves it open, and must not keep the process.
  await once(server.listen(0, SERVICE).unref(), "listening");
  return { port: (server.address() as AddressInfo).port, from: STRANGER, secure: SECURE.includes(kind) };
}

function hello(kind: Kind, route: Route, times = 1): Promise<Answer> {
  const text = speaksLines(kind) ? "hello\n" : GET;
  return ask(kind, route, Array<string>(times).fill(text), Array(times).fill({ ":path": "/" }));
}

type Headers = Parameters<typeof request>[1];

function ask(kind: Kind, route: Route, texts: readonly string[], headers: Headers): Promise<Answer> {
  return speaksHttp2(kind) ? request(route, headers) : say(route, texts);
}

function speaksHttp2(kind: Kind): boolean {
  return kind === "http2" || kind === "http2-tls";
}

function speaksLines(kind: Kind): boolean {
  return kind === "net" || kind === "tls";
}
