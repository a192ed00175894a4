/** Writes a watermark under a text: who received it, and a fingerprint of both. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { guardFromEnvironment, listenOn } from "@ecluse/guard";
import express from "express";

const host = process.env.WATERMARK_API_HOST ?? "127.0.0.1";
const port = Number(process.env.WATERMARK_API_PORT ?? 3023);

const app = express();
app.disable("x-powered-by");
app.get("/health", (_request, response) => void response.json({ service: "api-filigrane" }));
app.post("/api/watermark", express.text({ limit: "1mb" }), (request, response) => {
  const { recipient } = request.query;
  if (typeof recipient !== "string" || typeof request.body !== "string") {
    response.status(400).json({ error: "needs ?recipient= and a text/plain body" });
    return;
  }
  const mark = createHash("sha256").update(`${recipient}\n${request.body}`).digest("hex").slice(0, 16);
  response.type("text").send(`${request.body}\n-- for ${recipient.replace(/\s+/g, " ")}, ${mark}\n`);
});

const server = guardFromEnvironment({ host }).protect(createServer(app));
await listenOn(server, { host, port });
console.log(`api-filigrane listens on ${host}:${port}`);
