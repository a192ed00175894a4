/**
 * `ecluse serve` with a stopwatch: says of each change how long it took in this process, from the read inventory to the
 * open door. Usage: ecluse-timed.ts INVENTORY STATE CONTROL. Ends when it is killed.
 */
import { Unpacking } from "../../src/change/packed-inventory.ts";
import { readApart } from "../../src/change/read-apart.ts";
import { systemClock } from "../../src/cli/clock.ts";
import { LogWriter, descriptorOutput } from "../../src/cli/log-writer.ts";
import { ManagedGateway } from "../../src/managed-gateway/managed-gateway.ts";

const [file = "", state = "", control = ""] = process.argv.slice(2);
const log = new LogWriter(descriptorOutput(1), { dropped: (event) => JSON.stringify(event) });
const unpacking = new Unpacking();
let readAt = NaN;

await ManagedGateway.start({
  ...{ file, state, control, watch: false, clock: systemClock },
  program: { line: [process.execPath, ...process.execArgv, ...process.argv.slice(1)], env: process.env },
  journal: { keep: 86_400_000, size: 100_000_000 },
  read: async (origin) => {
    const result = await readApart(origin, { unpacking });
    if (result === undefined) throw new Error("nobody told it to stop");
    readAt = performance.now();
    return result;
  },
  tell: (event) => {
    if (event.event === "changed") log.line(JSON.stringify({ insideMs: performance.now() - readAt }));
    log.line(JSON.stringify(event));
  },
});
