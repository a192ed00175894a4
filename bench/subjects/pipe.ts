/** The relay that everyone writes first in Node, as the baseline of what Node itself costs. */
import { join } from "node:path";
import type { Subject } from "./subject.ts";

const PROGRAM = join(import.meta.dirname, "pipe-relay.ts");

export const pipe: Subject = {
  name: "pipe",
  description: "Node: a.pipe(b); b.pipe(a), without limits, timeouts, journal",
  missing: () => undefined,
  skips: {
    doors: "a baseline for traffic",
    change: "a baseline for traffic",
    networks: "it knows one address",
    events: "it tells nothing",
    growth: "a baseline for traffic",
  },
  launch: ({ doors, gateway, till }) => {
    const words = doors.map(({ port, target }) => `${port}=${target.address}:${target.port}`);
    return { files: {}, command: [process.execPath, PROGRAM, gateway, till, ...words] };
  },
};
