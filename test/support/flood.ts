/** Somebody who knocks as fast as can be, from a thread of its own: the loop under test has only the answering to do. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Place } from "./loopback.ts";

export interface FloodOrder {
  /** The doors, one after another. */
  readonly places: readonly Place[];
  readonly from: string;
  /** Knocks under way at any time. */
  readonly atOnce: number;
  /** Whether each is followed by another when it has ended. */
  readonly again: boolean;
}

export interface Flood extends AsyncDisposable {
  /** Nobody knocks before. */
  readonly begin: () => void;
  /** Stops the calling thread, loop and all, until the system has taken in so many knocks; false: not in time. */
  readonly holdUntil: (knocks: number, within: number) => boolean;
}

/** Cells that the two threads share: whether it has begun, and the knocks that the system has taken in. */
export const BEGUN = 0;
export const HEARD = 1;

export async function flood({ places, ...order }: FloodOrder): Promise<Flood> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const plain = places.map(({ host, port }) => ({ host, port }));
  const worker = new Worker(new URL("flood-worker.ts", import.meta.url), {
    workerData: { ...order, places: plain, shared },
  });
  await once(worker, "message");
  const begin = (): void => {
    Atomics.store(shared, BEGUN, 1);
    Atomics.notify(shared, BEGUN);
  };
  return {
    begin,
    holdUntil: (knocks, within) => holdUntil(shared, knocks, within),
    [Symbol.asyncDispose]: async () => {
      begin();
      await worker.terminate();
    },
  };
}

function holdUntil(shared: Int32Array, knocks: number, within: number): boolean {
  const deadline = performance.now() + within;
  for (let heard = 0; heard < knocks; heard = Atomics.load(shared, HEARD)) {
    const left = deadline - performance.now();
    if (left <= 0) return false;
    Atomics.wait(shared, HEARD, heard, left);
  }
  return true;
}
