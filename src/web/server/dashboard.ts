/**
 * The dashboard's server: HTTP on loopback, a client of the control socket like the command line.
 *
 * Promises: nobody without the token sees or does anything; no page but its own may ask; nothing changes by GET; changes
 * are written down for whoever is logged in; whatever happens here, no session of the gateway is touched. Leaves to
 * others: what is shown (`../page`), and what may be done (the gateway, on its control socket).
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as passing } from "node:timers/promises";
import { createServer } from "../../http.ts";
import type { Clock } from "../../engine/engine.ts";
import { EcluseError } from "../../errors.ts";
import { sendProblem } from "./answer.ts";
import { boundConnections } from "./connections.ts";
import { EventPages } from "./event-pages.ts";
import { GatewaySocket } from "./gateway.ts";
import { HostAudit } from "./host-audit.ts";
import { AppliedInventory } from "./applied-inventory.ts";
import type { Place } from "./listen-address.ts";
import { Logins } from "./logins.ts";
import { refuseNoise } from "./noise.ts";
import { PAGE, readPage } from "./page-files.ts";
import { type Parts, answer } from "./requests.ts";
import { ownHosts } from "./strangers.ts";
import { TokenFile } from "./token.ts";
import { WrongTokens } from "./wrong-tokens.ts";

/** How long a client may take for its request, or take nothing of its answer, in milliseconds. */
const PATIENCE = { headers: 10_000, request: 20_000, silence: 60_000 };

export interface DashboardOptions {
  readonly listen: Place;
  /** The gateway's control socket. */
  readonly control: string;
  /** The state directory: token and logins are kept there. */
  readonly state: string;
  readonly clock: Clock;
  /** Told of a bug that answering met. */
  readonly failed: (error: unknown) => void;
  /** The page's folder; default: our own. */
  readonly page?: string;
  /** Default: time that passes. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

export class Dashboard implements AsyncDisposable {
  readonly #server: Server;
  readonly #life: AsyncDisposableStack;
  /** Where it is opened, without its token. */
  readonly url: string;

  private constructor(server: Server, life: AsyncDisposableStack) {
    const { address, port } = server.address() as AddressInfo;
    this.#server = server;
    this.#life = life;
    this.url = `http://${address}:${port}/`;
  }

  /** Listens. Throws `cannot-listen`, or `cannot-write` where there can be no token. */
  static async start(options: DashboardOptions): Promise<Dashboard> {
    const { listen, control, state, clock, failed, page = PAGE, wait = passing } = options;
    await using life = new AsyncDisposableStack();
    const token = new TokenFile(state);
    await token.current();
    const logins = life.adopt(await Logins.open({ folder: state, now: clock.wall }), (opened) => opened.close());
    const gateway = new GatewaySocket(control);
    const inventory = new AppliedInventory(gateway);
    const parts: Omit<Parts, "place" | "hosts"> = {
      ...{ token, logins, gateway, clock, inventory },
      page: readPage(page),
      wrong: new WrongTokens({ now: clock.monotonic, wait }),
      events: life.use(new EventPages({ gateway, clock })),
      audit: new HostAudit({ inventory, now: clock.wall }),
    };
    const server = createServer({ maxHeaderSize: 8_192 });
    server.headersTimeout = PATIENCE.headers;
    server.requestTimeout = PATIENCE.request;
    server.timeout = PATIENCE.silence;
    boundConnections(server);
    refuseNoise(server);
    const place = { host: listen.host, port: await opened(server, listen) };
    const all = { ...parts, place, hosts: ownHosts(place) };
    server.on("request", (request, response) => void answered(all, { request, response }, failed));
    return new Dashboard(server, life.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await this.#life.disposeAsync();
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answered(parts: Parts, exchange: Exchange, failed: DashboardOptions["failed"]): Promise<void> {
  try {
    await answer(parts, exchange);
  } catch (error) {
    const isBug = sendProblem(exchange.response, error);
    if (isBug) failed(error);
  }
}

/** Resolves with the port. */
function opened(server: Server, { host, port }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(cannotListen({ host, port }, error));
    server.once("error", fail);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function cannotListen({ host, port }: Place, cause: NodeJS.ErrnoException): EcluseError {
  const taken = cause.code === "EADDRINUSE";
  const why = taken ? "address already in use" : cause.message;
  return new EcluseError("cannot-listen", `Cannot serve the dashboard on ${host}:${port}: ${why}`, {
    hint: taken
      ? "if that is the gateway's own dashboard, ecluse dashboard --url prints its address; else name another port with --listen"
      : "name another address of loopback with --listen",
    cause,
  });
}
