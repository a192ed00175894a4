/** The dashboard of the signet: a page, its status, and a WebSocket that tells of it every second. */
import { createServer, request } from "node:http";
import { guardFromEnvironment, listenOn } from "@ecluse/guard";
import express from "express";
import { WebSocketServer } from "ws";

const host = process.env.DASHBOARD_HOST ?? "127.0.0.1";
const port = Number(process.env.DASHBOARD_PORT ?? 3020);
const neighbours = { faucet: process.env.FAUCET_API_URL, watermark: process.env.WATERMARK_API_URL };
const started = performance.now();

const app = express();
app.disable("x-powered-by");
app.get("/", (_request, response) => void response.type("html").send(PAGE));
app.get("/api/status", (_request, response) => void response.json(status()));
app.get("/api/neighbours", async (_request, response) => {
  const answers = Object.entries(neighbours).map(async ([name, url]) => [
    name,
    url ? await ask(url) : "not configured",
  ]);
  response.json(Object.fromEntries(await Promise.all(answers)));
});

// Judged when they connect: the WebSocket below needs no filter of its own.
const server = guardFromEnvironment({ host }).protect(createServer(app));
const sockets = new WebSocketServer({ server, path: "/live" });
sockets.on("connection", (socket) => socket.send(JSON.stringify(status())));
setInterval(() => sockets.clients.forEach((socket) => socket.send(JSON.stringify(status()))), 1_000).unref();

await listenOn(server, { host, port });
console.log(`signet-dashboard listens on ${host}:${port}`);

function status() {
  return {
    network: "signet",
    seconds: Math.floor((performance.now() - started) / 1000),
    watching: sockets.clients.size,
  };
}

/** What a service of another machine answers us: its own list decides, and a 403 is an answer. */
function ask(url) {
  return new Promise((resolve) => {
    // From the address by which the others know this machine, if it has several.
    request(`${url}/health`, { localAddress: host, timeout: 2_000 })
      .once("response", (response) => resolve(response.resume().statusCode))
      .once("timeout", function () {
        this.destroy(new Error("no answer"));
      })
      .once("error", (error) => resolve(error.code ?? error.message))
      .end();
  });
}

const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>Signet dashboard</title>
  <h1>Signet dashboard</h1>
  <pre id="status">waiting ...</pre>
  <script>
    const live = new WebSocket(location.href.replace(/^http/, "ws").replace(/\\/?$/, "/live"));
    live.onmessage = ({ data }) => (document.querySelector("#status").textContent = data);
  </script>
</html>
`;
