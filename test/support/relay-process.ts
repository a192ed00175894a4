/** A relay in a process of its own, where its memory and its descriptors are nobody else's. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "../../src/inventory/model.ts";
import type { Health, Word } from "./relay-child.ts";
import { freeEndpoint } from "./relay.ts";

export interface RelayProcess extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly health: () => Promise<Health>;
}

/** Starts one with a door before `target`; `descriptors` is its limit on open files, hard and soft. */
export async function relayProcess(
  { endpoint: target }: { readonly endpoint: Endpoint },
  { descriptors }: { readonly descriptors?: number } = {},
): Promise<RelayProcess> {
  const { host, port, endpoint } = await freeEndpoint();
  const child = start(descriptors);
  const exited = once(child, "exit");
  await ask(child, { listen: endpoint, target });
  return {
    host,
    port,
    health: () => ask(child, "how are you"),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function start(descriptors: number | undefined): ChildProcess {
  const file = fileURLToPath(new URL("relay-child.ts", import.meta.url));
  const node = [process.execPath, "--conditions=source", file];
  const limited = descriptors === undefined ? "" : `ulimit -n ${descriptors} && `;
  return spawn("sh", ["-c", `${limited}exec "$@"`, "sh", ...node], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

async function ask(child: ChildProcess, word: Word): Promise<Health> {
  const answer = once(child, "message") as Promise<[Health]>;
  child.send(word);
  return Promise.race([
    answer.then(([health]) => health),
    once(child, "exit").then(([code]) => {
      throw new Error(`the relay's process ended with ${String(code)}`);
    }),
  ]);
}
