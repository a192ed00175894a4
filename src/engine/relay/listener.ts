/** A listener: one public endpoint of the gateway, IPv4 and exactly the address given. */
import { type Server, type Socket, createServer } from "node:net";
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";

/**
 * Connections that may wait to be accepted at one door; the system takes less where `net.core.somaxconn` says less. Whoever
 * knocks beyond it is dropped by the system and tries again after a second. Measured with 3,000 strangers knocking at once
 * at a till's own door, one call in a hundred took 1.0 to 2.2 s with the 511 that Node asks for, 0.07 to 0.2 s with this.
 * The room costs nothing while it is empty.
 */
const BACKLOG = 4_096;

export class Listener {
  readonly #endpoint: Endpoint;
  readonly #server: Server;

  constructor(endpoint: Endpoint, accept: (endpoint: Endpoint, socket: Socket) => void) {
    this.#endpoint = endpoint;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(endpoint, socket));
    // An accept that failed concerns one connection only, which the system has closed; the door stays open.
    this.#server.on("error", () => undefined);
  }

  /**
   * Binds, or listens on a descriptor that is bound already. Resolves with the system's error code where it cannot
   * (`EADDRINUSE`), and with `ECANCELED` where it was closed meanwhile; may then be called again.
   */
  open(fd?: number): Promise<string | undefined> {
    const { address, port } = this.#endpoint;
    const server = this.#server;
    return new Promise((resolve) => {
      const settle = (cause?: string): void => {
        server.off("listening", onListening).off("error", onError).off("close", onClose);
        resolve(cause);
      };
      const onListening = (): void => settle();
      const onError = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.name);
      // Node looks an address up before it binds, and forgets the whole matter when closed in between.
      const onClose = (): void => settle("ECANCELED");
      server.on("listening", onListening).on("error", onError).on("close", onClose);
      const where = fd === undefined ? { host: formatAddress(address), port, exclusive: true } : { fd };
      server.listen({ ...where, backlog: BACKLOG });
    });
  }

  /** Stops accepting at once; sessions that came through it go on. */
  close(): void {
    this.#server.close();
  }
}
