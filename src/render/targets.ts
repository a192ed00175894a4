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
];
