import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Host } from "./namespaces.ts";

/** A program of ours on a host, that is told a line (JSON) and answers with lines. */
export class Conversation {
  readonly #child: ChildProcess;
  #lines: string[] = [];
  #heard = Promise.withResolvers<undefined>();

  constructor(host: Host, file: string, ...words: readonly string[]) {
    this.#child = host.converse(process.execPath, "--conditions=source", file, ...words);
    if (this.#child.stdout === null) throw new TypeError("the program has no output");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#heard.resolve(undefined);
    });
    void once(this.#child, "exit").then(() => this.#heard.reject(new Error(`${file} has ended`)));
    this.#heard.promise.catch(() => undefined);
  }

  /** What it answered since it was told something. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  say(message: unknown): void {
    this.#lines = [];
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  async until(enough: (lines: readonly string[]) => boolean): Promise<void> {
    while (!enough(this.#lines)) {
      await this.#heard.promise;
      this.#heard = Promise.withResolvers<undefined>();
      this.#heard.promise.catch(() => undefined);
    }
  }
}
