/** The gateway, over its control socket: a request that is passed on has its answer as a stream. */
import type { IncomingMessage } from "node:http";
import { request } from "../../http.ts";
import type { Answered } from "../../answers/answered.ts";
import { call, nobody } from "../../control/client.ts";

/** Longest silence of the gateway, in milliseconds: applying a large inventory takes a while. */
const PATIENCE = 90_000;

export interface Question {
  readonly method: "GET" | "POST";
  /** With its query. */
  readonly path: `/v1/${string}`;
  readonly body?: string;
  /** Gives up waiting for the answer, and ends one that has begun. */
  readonly signal?: AbortSignal;
  /** Longest silence, in milliseconds; default 90,000. */
  readonly patience?: number;
}

export class GatewaySocket {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when the answer begins. Throws `no-gateway`. */
  ask({ method, path, body, signal, patience = PATIENCE }: Question): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      // A connection of its own: a kept one may lead to a process that another has taken over from.
      const options = { socketPath: this.#path, method, path, headers, timeout: patience, agent: false };
      const asked = request({ ...options, ...(signal === undefined ? {} : { signal }) }, resolve);
      asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
      asked.on("error", (cause) => reject(nobody(this.#path, cause)));
      asked.end(body);
    });
  }

  /** What a question without parameters is answered. Throws the gateway's own error, or `no-gateway`. */
  async read<Name extends "inventory" | "grants">(name: Name): Promise<Answered[Name]> {
    return (await call(this.#path, name, {})) as Answered[Name];
  }
}
