/** The port on which metrics are served: where the inventory in force says, or nowhere. */
import { closeSync } from "node:fs";
import type { Endpoint } from "../inventory/model.ts";
import { MetricsServer, type MetricsServerOptions } from "./metrics-server.ts";

export interface MetricsPortOptions extends Pick<MetricsServerOptions, "clock" | "page" | "failed"> {
  /** What the inventory in force says; absent: nowhere. */
  readonly where: () => Endpoint | undefined;
  /** A socket that listens already; closed where the first word is that another is wanted. */
  readonly passed?: { readonly endpoint: Endpoint; readonly fd: number };
  /** As in `MetricsServerOptions`, of this port. */
  readonly changed: (listen: Endpoint, cause: string | undefined) => void;
}

export class MetricsPort implements Disposable {
  readonly #options: MetricsPortOptions;
  #passed: MetricsPortOptions["passed"];
  #server: MetricsServer | undefined;
  #isServing = false;

  constructor(options: MetricsPortOptions) {
    this.#options = options;
    this.#passed = options.passed;
  }

  /** Where it listens, or tries to. */
  get listen(): Endpoint | undefined {
    return this.#server?.listen;
  }

  /** Serves from now on. */
  serve(): void {
    this.#isServing = true;
    this.follow();
  }

  /** Another inventory may be in force. Where the port is where it says already, nothing is touched. */
  follow(): void {
    if (this.#isServing) this.#move(this.#options.where());
  }

  #move(listen: Endpoint | undefined): void {
    const fd = this.#takePassed(listen);
    if (isSame(listen, this.listen)) return;
    this.#server?.close();
    this.#server = listen === undefined ? undefined : this.#serve(listen, fd);
  }

  [Symbol.dispose](): void {
    this.#isServing = false;
    this.#move(undefined);
  }

  #serve(listen: Endpoint, fd: number | undefined): MetricsServer {
    const { clock, page, failed, changed } = this.#options;
    return new MetricsServer({
      ...{ listen, clock, page, failed, changed: (cause) => changed(listen, cause) },
      ...(fd === undefined ? {} : { fd }),
    });
  }

  /** Once. A socket that listens and that nobody accepts from would keep its clients waiting. */
  #takePassed(listen: Endpoint | undefined): number | undefined {
    const passed = this.#passed;
    this.#passed = undefined;
    if (passed === undefined || isSame(listen, passed.endpoint)) return passed?.fd;
    closeSync(passed.fd);
    return undefined;
  }
}

function isSame(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one?.address === other?.address && one?.port === other?.port;
}
