/** Takes fingerprints to be anchored, and says which it has taken. No chain is behind it here. */
import { createServer } from "node:http";
import { guardFromEnvironment, listenOn } from "@ecluse/guard";
import express from "express";

const host = process.env.API_HOST ?? "127.0.0.1";
const port = Number(process.env.API_PORT ?? 3021);
const taken = new Map();

const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "4kb" }));
app.get("/health", (_request, response) => void response.json({ service: "api-anchorage", taken: taken.size }));
app.post("/api/anchor", (request, response) => {
  const hash = String(request.body?.hash ?? "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    response.status(400).json({ error: "hash must be a SHA-256 in hexadecimal" });
    return;
  }
  if (!taken.has(hash)) taken.set(hash, { hash, state: "pending", place: taken.size + 1 });
  response.status(202).json(taken.get(hash));
});

const server = guardFromEnvironment({ host }).protect(createServer(app));
await listenOn(server, { host, port });
console.log(`api-anchorage listens on ${host}:${port}`);
