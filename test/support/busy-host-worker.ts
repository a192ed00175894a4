/** The thread of busy-host.ts: listens, says where, and waits to be let go. */
import { type AddressInfo, createServer } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const { host, free } = workerData as { readonly host: string; readonly free: Int32Array };

const server = createServer({ allowHalfOpen: true }, (socket) => {
  parentPort?.postMessage("caller");
  const chunks: Buffer[] = [];
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => {
    const heard = Buffer.concat(chunks).toString();
    socket.end(`answer to ${heard}`);
    parentPort?.postMessage({ heard });
  });
});

server.listen({ host, port: 0, backlog: 1 }, () => {
  parentPort?.postMessage((server.address() as AddressInfo).port);
  // The message goes out before the thread stops.
  setImmediate(() => Atomics.wait(free, 0, 0));
});
