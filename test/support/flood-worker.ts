/** The thread of flood.ts: knocks, and knocks again as soon as it was turned away, until it is ended. */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { BEGUN, type FloodOrder, HEARD } from "./flood.ts";

const { places, from, atOnce, again, shared } = workerData as FloodOrder & { readonly shared: Int32Array };

let turn = 0;

function knock(): void {
  const place = places[turn % places.length];
  turn += 1;
  if (place === undefined) return;
  const socket = connect({ ...place, localAddress: from });
  socket.on("connect", () => {
    Atomics.add(shared, HEARD, 1);
    Atomics.notify(shared, HEARD);
  });
  socket.on("error", () => undefined).on("close", () => again && knock());
}

parentPort?.postMessage("ready");
// The message goes out before the thread stops.
setImmediate(() => {
  Atomics.wait(shared, BEGUN, 0);
  for (let count = 0; count < atOnce; count += 1) knock();
});
