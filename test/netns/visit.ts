/**
 * Connects in turn, from an address to a door: node visit.ts FROM HOST:PORT ... prints a line each: `entered` where what it
 * sent came back, else the system's code. Nobody is let wait: who is silent for five seconds is `silent`. With FROM `again:ADDRESS`, the last door again and again.
 */
import { once } from "node:events";
import { connect } from "node:net";

const [from = "", ...doors] = process.argv.slice(2);
const [, again, localAddress = ""] = /^(again:)?(.*)$/.exec(from) ?? [];
for (const door of doors) await visit(door);
while (again !== undefined) await visit(doors.at(-1) ?? "");

async function visit(door: string): Promise<void> {
  const [host = "", port = ""] = door.split(":");
  const socket = connect({ host, port: Number(port), localAddress }, () => socket.write("is anybody there"));
  socket.setTimeout(5_000, () => socket.destroy(Object.assign(new Error("silent"), { code: "silent" })));
  const outcome = await once(socket, "data").then(
    () => "entered",
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? "failed",
  );
  socket.resetAndDestroy();
  process.stdout.write(`${outcome}\n`);
}
