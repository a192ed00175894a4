/** A till in a process of its own: node till.ts SOURCE HOST:PORT ... pays at each door in turn, prints one result a line. */
import { pay } from "../../src/simulate/till.ts";

const [localAddress = "", ...doors] = process.argv.slice(2);
for (const door of doors) {
  const [host = "", port = ""] = door.split(":");
  const result = await pay({ host, port: Number(port), localAddress, amountCents: 1_000, timeout: 10_000 });
  process.stdout.write(`${JSON.stringify({ door, ...result })}\n`);
}
