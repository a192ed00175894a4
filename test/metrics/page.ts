/** Asks a port for its metrics, as a program would, and reads the answer. */
import { request } from "node:http";
import type { Place } from "../support/loopback.ts";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

export interface Asking {
  readonly path?: string;
  readonly method?: string;
  readonly host?: string;
}

export function askMetrics({ host, port }: Place, asking: Asking = {}): Promise<Answer> {
  const { path = "/metrics", method = "GET", host: named = `${host}:${port}` } = asking;
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, method, headers: { host: named }, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text });
      });
    });
    asked.on("error", reject).end();
  });
}

/** The value of one sample, named with its labels as the page writes them; `undefined`: it is not there. */
export function valueOf(page: string, sample: string): number | undefined {
  const line = page.split("\n").find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
}
