/** The gateway, over its control socket: a request that is passed on, with its answer as a stream. */
import { type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import { Problem } from "./problem.ts";

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
      asked.on("error", (cause) => reject(this.#silent(cause)));
      asked.end(body);
    });
  }

  /** The answer of a question without parameters, read. Throws `no-gateway`; also where the gateway has no such route. */
  async read<Answer>(path: `/v1/${string}`): Promise<Answer> {
    const answer = await this.ask({ method: "GET", path });
    const text = await textOf(answer).catch((cause: unknown) => Promise.reject(this.#silent(cause as Error)));
    if (answer.statusCode !== 200) throw this.#silent(new Error(`it answers ${answer.statusCode ?? 0} to ${path}`));
    return JSON.parse(text) as Answer;
  }

  #silent(cause: NodeJS.ErrnoException): Problem {
    const words: Readonly<Record<string, string>> = {
      ENOENT: "there is no socket",
      ECONNREFUSED: "nobody listens there any more",
      EACCES: "permission denied",
    };
    const why = words[cause.code ?? ""] ?? cause.message;
    return new Problem(502, "no-gateway", `Cannot reach the gateway at ${this.#path}: ${why}`, {
      hint: "is it running? ecluse status asks the same; the dashboard goes on as soon as it answers",
    });
  }
}

async function textOf(answer: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
