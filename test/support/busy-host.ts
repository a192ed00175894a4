/**
 * A terminal that does not answer the dial: its queue of connections is full and nobody takes them out of it.
 *
 * Linux drops the SYN of one more caller then (`net.ipv4.tcp_abort_on_overflow` = 0), who tries again after a second. The
 * listener lives in a thread that waits instead of turning its loop; let go, it takes everybody and answers.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { Endpoint } from "../../src/inventory/model.ts";
import { dial, ipv4, loopbackAddress, until } from "./loopback.ts";

export interface BusyHost extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly endpoint: Endpoint;
  /** What each caller with bytes had said when it ended, as text; only after `letGo`. */
  readonly heard: readonly string[];
  /** Callers taken out of the queue; only after `letGo`. */
  readonly callers: () => number;
  /** Starts to answer: `answer to ` and what was heard, once the caller has ended. */
  readonly letGo: () => void;
}

/** The queue holds one more than the backlog, and Node takes no backlog below 1. */
const QUEUE = 2;

export async function busyHost(): Promise<BusyHost> {
  const host = loopbackAddress();
  const free = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("busy-host-worker.ts", import.meta.url), { workerData: { host, free } });
  const heard: string[] = [];
  let callers = 0;
  const [port] = (await once(worker, "message")) as [number];
  worker.on("message", (message: { readonly heard: string } | "caller") => {
    if (message === "caller") callers += 1;
    else if (message.heard !== "") heard.push(message.heard);
  });
  const queued: Socket[] = [];
  while (queued.length < QUEUE) queued.push(await dial({ host, port }));
  const letGo = (): void => {
    for (const socket of queued) socket.destroy();
    Atomics.store(free, 0, 1);
    Atomics.notify(free, 0);
  };
  return {
    host,
    port,
    endpoint: { address: ipv4(host), port },
    heard,
    callers: () => callers,
    letGo,
    [Symbol.asyncDispose]: async () => {
      for (const socket of queued) socket.destroy();
      await worker.terminate();
    },
  };
}

/** Waits until the callers who went before were taken out of the queue. */
export function answered(host: BusyHost): Promise<void> {
  return until(() => host.callers() >= QUEUE, "callers taken out of the queue");
}
