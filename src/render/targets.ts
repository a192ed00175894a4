/** The table of targets. `docs/render.md` describes each, and a test compares both ways. */
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [
  {
    name: "systemd",
    summary: "the gateway's unit; for each service of a machine, what its unit lacks",
    load: () => import("./systemd/systemd.ts"),
  },
  {
    name: "nginx",
    summary: "the proxy's servers by domain; where a machine's own nginx listens",
    load: () => import("./nginx/nginx.ts"),
  },
  {
    name: "cloud-init",
    summary: "user-data for a gateway on Ubuntu 22.04, with systemd or with Docker",
    load: () => import("./cloud-init/cloud-init.ts"),
  },
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
  {
    name: "ufw",
    summary: "a host's firewall: ufw's calls, and its user.rules",
    load: () => import("./ufw/ufw.ts"),
  },
  {
    name: "nftables",
    summary: "a second ring before ufw, Docker and Tailscale: an nftables table",
    load: () => import("./nftables.ts"),
  },
  {
    name: "docker-user",
    summary: "iptables rules for ports that Docker publishes",
    load: () => import("./docker-user.ts"),
  },
  {
    name: "flow-matrix",
    summary: "every connection that is let in: for whom, why, until when",
    load: () => import("./documents/flow-matrix.ts"),
  },
  {
    name: "terminal-table",
    summary: "every terminal: network, address, public port, model, serial number",
    load: () => import("./documents/terminal-table.ts"),
  },
  {
    name: "domains-and-ports",
    summary: "public names, what listens where, and who may connect",
    load: () => import("./documents/domains-and-ports.ts"),
  },
  {
    name: "environment",
    summary: "the variables of each service’s unit",
    load: () => import("./documents/environment.ts"),
  },
  {
    name: "data-flow-diagram",
    summary: "where connections come from, pass and end: an overview, a page per depot",
    load: () => import("./documents/data-flow-diagram.ts"),
  },
  {
    name: "runbook",
    summary: "the deployment, step by step, with this inventory’s commands",
    load: () => import("./documents/runbook.ts"),
  },
  {
    name: "review-record",
    summary: "what a reviewer goes through and signs every six months",
    load: () => import("./documents/review-record.ts"),
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
