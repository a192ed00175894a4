/** The table of targets. `docs/render.md` describes each, and a test compares both ways. */
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [
  {
    name: "logrotate",
    summary: "rotation of a log file that the gateway's output is appended to",
    load: () => import("./logrotate.ts"),
  },
  {
    name: "prometheus",
    summary: "where Prometheus reads the gateway's metrics, when it raises an alarm, and the terminals",
    load: () => import("./prometheus/prometheus.ts"),
  },
  {
    name: "grafana",
    summary: "a dashboard of the gateway for Grafana",
    load: () => import("./grafana/grafana.ts"),
  },
];
