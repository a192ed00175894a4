/** The journal's thread: takes batches and questions, and is the only one that touches the database. */
import { parentPort, workerData } from "node:worker_threads";
import { Asker } from "./asker.ts";
import { Keeper } from "./keeper.ts";
import type { Assignment, Order, Report } from "./messages.ts";

const report = (message: Report): void => parentPort?.postMessage(message);
const keeper = new Keeper(workerData as Assignment, report);
const asker = new Asker(report);

parentPort?.on("message", (order: Order) => {
  switch (order.kind) {
    case "write": {
      keeper.write(order.batch, order.now);
      return;
    }
    case "tidy": {
      keeper.tidy(order.now);
      return;
    }
    case "ask": {
      asker.ask(order.id, order.question, () => keeper.opened(order.now));
      return;
    }
    case "cancel": {
      asker.cancel(order.id);
      return;
    }
    case "close":
      keeper.end();
      parentPort?.close();
  }
});
