/** The table of targets. `docs/render.md` describes each, and a test compares both ways. */
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [
  {
    name: "logrotate",
    summary: "rotation of a log file that the gateway's output is appended to",
    load: () => import("./logrotate.ts"),
  },
];
