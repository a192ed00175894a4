/** No relay: the till connects to the terminal itself. What is left to measure is the bench. */
import type { Subject } from "./subject.ts";

export const direct: Subject = {
  name: "direct",
  description: "no relay; through the gateway's kernel where there are namespaces",
  missing: () => undefined,
  skips: {
    doors: "it opens none",
    change: "it opens none",
    idle: "it holds none",
    flood: "it refuses nobody",
    networks: "it judges nobody",
    events: "it tells nothing",
    growth: "it has nothing that grows",
  },
  launch: undefined,
};
