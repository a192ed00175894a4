/** Knocks from another machine, through one shell that stays open for the whole run: ssh's, or a test's namespace. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { endOf, greeting, heardFrom, ipv6From, orderOf } from "../elsewhere-script.ts";
import type { Heard, Knock, Knocker } from "../knock.ts";

/** For the shell to answer at all, in milliseconds. */
const GREETING = 20_000;

/** For what an attempt says to come back, beyond its own time, in milliseconds. */
const WAY_BACK = 3_000;

export interface KnockerElsewhere extends Knocker {
  /** Why nothing can be tried from there. */
  readonly unable?: string;
  /** The machine's own IPv6 addresses, link-local ones left out. */
  readonly ipv6: readonly string[];
}

/** `words` start a bash that reads its standard input: `ssh -T -- bitcoin bash`. Resolves for a machine that is off, too. */
export async function knockerElsewhere(words: readonly string[]): Promise<KnockerElsewhere> {
  const shell = new Shell(words);
  const unable = await shell.ready;
  return {
    ipv6: ipv6From(shell.said),
    ...(unable === undefined ? {} : { unable }),
    knock: (knock) => (unable === undefined ? shell.knock(knock) : Promise.resolve({ how: "no-way", why: unable })),
    [Symbol.asyncDispose]: () => shell.close(),
  };
}

interface Attempt {
  readonly hear: (line: string) => void;
  readonly lose: (why: string) => void;
}

class Shell {
  /** Lines that belong to no attempt. */
  readonly said: string[] = [];
  readonly #child: ChildProcess;
  readonly #boundary = `ecluse-${randomBytes(12).toString("hex")}`;
  readonly #attempts = new Map<string, Attempt>();
  readonly #ready = Promise.withResolvers<string | undefined>();
  readonly #closed: Promise<void>;
  #errors = "";
  #number = 0;

  constructor([program = "bash", ...words]: readonly string[]) {
    const child = spawn(program, words, { stdio: "pipe" });
    this.#child = child;
    // A shell that is gone before it was told everything: its end says why.
    child.stdin.on("error", () => undefined);
    child.stderr.on("data", (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-300)));
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    this.#closed = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#lose(this.#errors.trim() === "" ? why : this.#errors.trim());
        resolve();
      };
      child.once("error", ({ message }) => end(message));
      child.once("close", (code, signal) => end(`ended with ${signal ?? code ?? "nothing"}`));
    });
    const timer = setTimeout(() => this.#ready.resolve("it did not answer"), GREETING);
    void this.#ready.promise.then(() => clearTimeout(timer));
    child.stdin.write(greeting(this.#boundary));
  }

  /** `undefined` once it answers; else why it cannot. */
  get ready(): Promise<string | undefined> {
    return this.#ready.promise;
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    this.#child.kill();
    await this.#closed;
  }

  knock(knock: Knock): Promise<Heard> {
    this.#number += 1;
    const number = String(this.#number);
    return new Promise((resolve) => {
      const lines: string[] = [];
      const isUp = (): boolean => lines.includes("connected");
      const settle = (heard: Heard): void => {
        clearTimeout(timer);
        knock.enough?.removeEventListener("abort", onEnough);
        this.#attempts.delete(number);
        this.#end(lines);
        resolve(heard);
      };
      const onEnough = (): void => settle({ how: isUp() ? "open" : "no-answer" });
      let timer = setTimeout(onEnough, knock.patience + WAY_BACK);
      const hear = (line: string): void => {
        lines.push(line);
        if (line === "connected") {
          clearTimeout(timer);
          timer = setTimeout(onEnough, knock.hold + WAY_BACK);
        }
        const heard = heardFrom(lines);
        if (heard !== undefined) settle(heard);
      };
      knock.enough?.addEventListener("abort", onEnough, { once: true });
      this.#attempts.set(number, { hear, lose: (why) => settle({ how: "no-way", why }) });
      this.#child.stdin?.write(orderOf(this.#number, knock));
    });
  }

  #hear(line: string): void {
    if (!line.startsWith(`${this.#boundary} `)) return;
    const [word = "", ...rest] = line.slice(this.#boundary.length + 1).split(" ");
    if (word === "ready") this.#ready.resolve(undefined);
    const attempt = this.#attempts.get(word);
    if (attempt === undefined) this.said.push([word, ...rest].join(" "));
    else attempt.hear(rest.join(" "));
  }

  /** The attempt's own process, which holds its connection. */
  #end(lines: readonly string[]): void {
    const pid = lines.map((line) => /^pid (\d+)$/.exec(line)?.[1]).find((found) => found !== undefined);
    const isOver = lines.some((line) => line.startsWith("read "));
    if (pid !== undefined && !isOver) this.#child.stdin?.write(endOf(pid));
  }

  /** The connection is lost: what is still under way cannot be known. */
  #lose(why: string): void {
    this.#ready.resolve(why);
    for (const { lose } of [...this.#attempts.values()]) lose(why);
  }
}
