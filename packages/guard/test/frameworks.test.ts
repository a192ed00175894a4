/** Each adapter by itself, without the guard before the server: it answers 403 by the socket, whatever a header says. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { suite, test } from "node:test";
import { createAdaptorServer } from "@hono/node-server";
import { fastify } from "fastify";
import { Hono } from "hono";
import { expressGuard } from "../src/express.ts";
import { fastifyGuard } from "../src/fastify.ts";
import { createGuard, type Guard } from "../src/guard.ts";
import { honoGuard } from "../src/hono.ts";
import { koaGuard } from "../src/koa.ts";
import { type Answer, PROXY, say, SERVICE, STRANGER } from "./support/peers.ts";

const require = createRequire(import.meta.url);

interface App {
  use(handler: unknown): void;
  set?(name: string, value: unknown): void;
  callback?(): RequestListener;
}

const FRAMEWORKS: Readonly<Record<string, (guard: Guard) => Promise<Server> | Server>> = {
  "Express 4": (guard) => express("express4", guard),
  "Express 5": (guard) => express("express", guard),
  "Fastify 4": async (guard) => {
    // The types of 4 and 5 differ, what the plugin uses of them does not.
    const { fastify: create } = require("fastify4") as { readonly fastify: typeof fastify };
    return fastifyWith(create, guard);
  },
  "Fastify 5": async (guard) => fastifyWith(fastify, guard),
  Koa: (guard) => {
    const Koa = require("koa") as new (options: object) => App;
    const app = new Koa({ proxy: true });
    app.use(koaGuard(guard));
    app.use((context: { body: string }) => (context.body = "hello"));
    return createServer(app.callback?.());
  },
  Hono: (guard) => {
    const app = new Hono();
    app.use(honoGuard(guard));
    app.get("/", (context) => context.text("hello"));
    return createAdaptorServer({ fetch: app.fetch });
  },
};

for (const [name, create] of Object.entries(FRAMEWORKS)) {
  suite(name, () => {
    test("a stranger gets 403 and no second chance", async () => {
      const { answer, guard } = await ask(create, STRANGER);
      assert.deepEqual(answer.statuses, [403]);
      assert.match(answer.text, /connection: close\r\n/i);
      assert.match(answer.text, /403 Forbidden: this service answers its proxy only/);
      assert.notEqual(answer.end, "open");
      assert.equal(guard.refused, 1);
    });

    test("the proxy gets its answer", async () => {
      const { answer, guard } = await ask(create, PROXY);
      assert.deepEqual(answer.statuses, [200, 200]);
      assert.match(answer.text, /hello/);
      assert.equal(guard.refused, 0);
    });
  });
}

test("Hono without a socket to judge refuses everybody", async () => {
  const app = new Hono();
  app.use(honoGuard(createGuard({ allow: "any" })));
  app.get("/", (context) => context.text("hello"));
  assert.equal((await app.request("/")).status, 403);
});

test("Fastify's plugin also puts the guard before the server", async () => {
  const { answer } = await ask((guard) => fastifyWith(fastify, guard), STRANGER, true, "GARBAGE\r\n\r\n");
  assert.deepEqual(answer.statuses, [403]);
});

async function ask(
  create: (guard: Guard) => Promise<Server> | Server,
  from: string,
  first = false,
  text = `GET / HTTP/1.1\r\nHost: service\r\nX-Forwarded-For: ${PROXY}\r\nX-Real-IP: ${PROXY}\r\nForwarded: for=${PROXY}\r\n\r\n`,
): Promise<{ readonly answer: Answer; readonly guard: Guard }> {
  const guard = createGuard({ allow: PROXY, log: false });
  const server = await create(first ? guard : { ...guard, protect: (same) => same });
  await once(server.listen(0, SERVICE), "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await say({ port, from, secure: false }, [text, text]);
  server.close();
  server.unref();
  return { answer, guard };
}

function express(name: string, guard: Guard): Server {
  const app = (require(name) as () => App)();
  app.set?.("trust proxy", true);
  app.use(expressGuard(guard));
  app.use((_request: unknown, response: { send(text: string): void }) => response.send("hello"));
  return createServer(app as unknown as RequestListener);
}

async function fastifyWith(create: typeof fastify, guard: Guard): Promise<Server> {
  const app = create({ trustProxy: true });
  await app.register(fastifyGuard(guard));
  app.get("/", () => "hello");
  await app.ready();
  return app.server;
}
