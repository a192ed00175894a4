/** The table of targets. `docs/render.md` describes each, and a test compares both ways. */
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [
  {
    name: "compose",
    summary: "one container for every door, on the host's network, and the Dockerfile of its image",
    load: () => import("./compose/compose.ts"),
  },
  {
    name: "compose-per-terminal",
    summary: "one container per terminal, as in the founding document, and what that form cannot do",
    load: () => import("./compose/per-terminal.ts"),
  },
  {
    name: "logrotate",
    summary: "rotation of a log file that the gateway's output is appended to",
    load: () => import("./logrotate.ts"),
  },
];
