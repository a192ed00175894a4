/**
 * Metrics on a port of this host: `GET /metrics`, in clear and for anybody who can connect, so on loopback only.
 *
 * A request whose Host is a name is refused: that is how a page in a browser on this host would ask, for a site that has
 * pointed its own name here (DNS rebinding). A port that cannot be had is told and tried again; everything else goes on.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIPv4 } from "node:net";
import { pipeline } from "node:stream/promises";
import { formatAddress } from "@ecluse/guard/address";
import { createServer } from "../http.ts";
import type { Clock } from "../engine/engine.ts";
import type { Endpoint } from "../inventory/model.ts";
import { OPENMETRICS } from "./openmetrics.ts";

/** How often a port that cannot be had is tried again, in milliseconds. */
const RETRY = 1_000;

/** Between the beginnings of two pages, in milliseconds: whoever asks without pause must not take the sessions' time. */
const BETWEEN = 100;

/** Who may ask at once: their descriptors come out of what the sessions leave free (`relay/ceiling.ts`). */
const MOST = 8;

/** By which it is known that whoever asked has gone. */
const LEFT: ReadonlySet<string | undefined> = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"]);

/** How long somebody who asks may take nothing, in milliseconds. */
const PATIENCE = 10_000;

export interface MetricsServerOptions {
  readonly listen: Endpoint;
  /** A descriptor that listens there already. */
  readonly fd?: number;
  readonly clock: Clock;
  /** The parts of a page; absent while it would not be true. */
  readonly page: () => Promise<AsyncIterable<string> | undefined>;
  /** Told when the port cannot be had, with the system's error code; and without one, when it can after all. */
  readonly changed: (cause: string | undefined) => void;
  /** Told of a bug that a page met. */
  readonly failed: (error: unknown) => void;
}

export class MetricsServer {
  readonly listen: Endpoint;
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  #cause: string | undefined;
  #stopRetrying: (() => void) | undefined;
  /** The earliest instant for another page. */
  #next = -Infinity;

  constructor(options: MetricsServerOptions) {
    this.listen = options.listen;
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.requestTimeout = PATIENCE;
    this.#server.timeout = PATIENCE;
    this.#server.maxConnections = MOST;
    this.#server.on("listening", () => this.#opened()).on("error", (error) => this.#blocked(error));
    if (options.fd === undefined) this.#open();
    else this.#server.listen({ fd: options.fd });
  }

  /** Lets go of the port; answers under way are given. */
  close(): void {
    this.#stopRetrying?.();
    this.#server.close();
  }

  #open(): void {
    const { address, port } = this.listen;
    this.#server.listen({ host: formatAddress(address), port, exclusive: true });
  }

  #opened(): void {
    this.#stopRetrying?.();
    this.#stopRetrying = undefined;
    if (this.#cause !== undefined) this.#options.changed(undefined);
    this.#cause = undefined;
  }

  #blocked({ code = "unknown" }: NodeJS.ErrnoException): void {
    if (this.#cause === undefined) this.#options.changed(code);
    this.#cause = code;
    this.#stopRetrying ??= this.#options.clock.every(RETRY, () => this.#open());
  }

  async #answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAddress(headers.host)) send(response, 421, "Ask for this host by its address.\n");
    else if (url !== "/metrics") send(response, 404, "There is only /metrics here.\n");
    else if (method !== "GET" && method !== "HEAD") send(response, 405, "GET it.\n");
    else await this.#sendPage(response);
  }

  async #sendPage(response: ServerResponse): Promise<void> {
    await this.#turn();
    try {
      const page = await this.#options.page();
      if (page === undefined) send(response, 503, "Another process takes over: ask again.\n");
      else await pipeline(page, response.writeHead(200, headersOf(OPENMETRICS)));
    } catch (error) {
      // Whoever leaves before the end has no more of it.
      if (LEFT.has((error as NodeJS.ErrnoException).code)) return;
      if (!response.headersSent) send(response, 500, "The gateway has a bug: its log has the stack.\n");
      this.#options.failed(error);
    }
  }

  #turn(): Promise<void> {
    const { monotonic, every } = this.#options.clock;
    const now = monotonic();
    const at = Math.max(now, this.#next);
    this.#next = at + BETWEEN;
    if (at === now) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = every(at - now, () => {
        stop();
        resolve();
      });
    });
  }
}

/** Or `localhost`, which nobody else can point here. */
function isAddress(host = ""): boolean {
  const name = host.replace(/:\d+$/, "");
  return name === "localhost" || isIPv4(name);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, headersOf("text/plain; charset=utf-8")).end(body);
}

/** One answer per connection: whoever takes over must not be kept waiting for those that are held open. */
function headersOf(type: string): Readonly<Record<string, string>> {
  return { "content-type": type, "cache-control": "no-store", connection: "close" };
}
