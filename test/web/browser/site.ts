/** A gateway that serves terminals of loopback, and its dashboard: both as they are in service. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { randomInt } from "node:crypto";
import { call } from "../../../src/control/client.ts";
import { type Serving, inventoryFile, serveFile } from "../../serve/serving.ts";
import { type Peer, freePort, isListening, listen, loopbackAddress, until } from "../../support/loopback.ts";

export interface Site extends AsyncDisposable {
  /** Without its token. */
  readonly url: string;
  readonly token: string;
  readonly control: string;
  readonly serving: Serving;
  readonly till: string;
  readonly stranger: string;
  /** Writes the inventory file anew, with these depots, in its language or another; nothing applies it. */
  readonly edit: (depots: string, language?: "fr" | "en") => void;
  /** A session at a terminal, from an address: open until it is destroyed. */
  readonly enter: (depot: number, terminal: number, from?: string) => Promise<Socket>;
  /** Somebody who is refused. */
  readonly knock: (depot: number, terminal: number) => Promise<void>;
}

/** Terminals that answer; the others refuse the connection. */
export type Answering = readonly (readonly [depot: number, terminal: number])[];

/** `depots`: YAML, each depot's number and terminals. */
export async function siteOf(depots: string, answering: Answering, language: "fr" | "en" = "fr"): Promise<Site> {
  await using life = new AsyncDisposableStack();
  const [address, till, stranger, octet] = [
    loopbackAddress(),
    loopbackAddress(),
    loopbackAddress(),
    randomInt(64, 128),
  ];
  const port = await freePort(`127.${octet}.1.10`);
  const dashboard = await freePort("127.0.0.1");
  for (const [depot, terminal] of answering) {
    life.use(await terminalAt({ host: `127.${octet}.${depot}.${9 + terminal}`, port }));
  }
  const inventory = (its: string, spoken: string): string => `language: ${spoken}
gateway:
  address: ${address}
  dashboard: { listen: 127.0.0.1:${dashboard} }
  terminals: { network: 127.${octet}.0.0/16, firstHost: 10, port: ${port} }
sources: { till: { addresses: [${till}], owner: Sales, reason: a test } }
depots:
${its}
exceptions: [{ rule: terminal-on-loopback, on: "*", reason: simulated by a test }]
`;
  const file = inventoryFile(inventory(depots, language));
  life.defer(() => file.remove());
  const serving = life.use(serveFile(file));
  await serving.awaitEvent("ready", 1, 60_000);
  await until(() => isListening({ host: "127.0.0.1", port: dashboard }), "the dashboard", 60_000);
  const at = (depot: number, terminal: number) => ({ host: address, port: 10_000 + depot * 100 + terminal });
  const all = life.move();
  return {
    ...{ url: `http://127.0.0.1:${dashboard}/`, control: file.control, serving, till, stranger },
    token: readFileSync(join(file.state, "dashboard.token"), "utf8").trim(),
    edit: (its, spoken = language) => writeFileSync(file.path, inventory(its, spoken)),
    enter: (depot, terminal, from = till) => enter({ ...at(depot, terminal), localAddress: from }),
    knock: async (depot, terminal) => {
      const socket = connect({ ...at(depot, terminal), localAddress: stranger });
      await once(socket, "error");
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The two depots of the demo. */
export const FEW = `  1: { name: Lyon, allow: [till], terminals: { 1: { label: Caisse 1 }, 2: {} } }
  22: { name: Nantes, allow: [till], terminals: 1-2 }`;

/** Every depot full: 7,128 terminals. */
export const MANY = Array.from(
  { length: 72 },
  (_, index) => `  ${index + 1}: { name: Site ${index + 1}, allow: [till], terminals: 1-99 }`,
).join("\n");

/** It answers each request, and ends when its client does. */
function terminalAt(place: { readonly host: string; readonly port: number }): Promise<Peer> {
  return listen((socket) => {
    socket.on("data", () => socket.write("answer"));
    socket.on("end", () => socket.end());
  }, place);
}

interface Entering {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
}

/** Resolves once the terminal has answered. */
async function enter(place: Entering): Promise<Socket> {
  const socket = connect(place);
  socket.on("error", () => undefined);
  socket.write("request");
  await once(socket, "data");
  return socket;
}

/** A grant of a few seconds, as the command line gives it. */
export async function grantFor(site: Site, milliseconds: number, source: string): Promise<void> {
  const words = { author: "a test", source, select: "22/1", for: milliseconds, reason: "Ticket 4711" };
  await call(site.control, "grant", words);
}
