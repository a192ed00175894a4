/** Gives coins of the signet, once per address. They are worth nothing, and here they are not even sent. */
import { createServer } from "node:http";
import { guardFromEnvironment, listenOn } from "@ecluse/guard";
import express from "express";

const host = process.env.FAUCET_API_HOST ?? "127.0.0.1";
const port = Number(process.env.FAUCET_API_PORT ?? 3022);
const served = new Set();

const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "4kb" }));
app.get("/health", (_request, response) => void response.json({ service: "api-faucet", served: served.size }));
app.post("/api/faucet", (request, response) => {
  const address = String(request.body?.address ?? "");
  if (!/^tb1[02-9ac-hj-np-z]{8,87}$/.test(address)) response.status(400).json({ error: "address must begin with tb1" });
  else if (served.has(address)) response.status(429).json({ error: "this address has had its coins" });
  else response.status(202).json({ address: [...served.add(address)].at(-1), satoshis: 50_000 });
});

const server = guardFromEnvironment({ host }).protect(createServer(app));
await listenOn(server, { host, port });
console.log(`api-faucet listens on ${host}:${port}`);
