/** `ecluse.service`: the gateway, with a user of its own and with nothing that it does not need. */
import type { Gateway } from "../../inventory/model.ts";
import { cannotRender } from "../cannot-render.ts";
import { DEFAULT_CONTROL, DEFAULT_STATE, INVENTORY, isTailscale, NODE_AND_PROGRAM } from "../gateway-places.ts";
import type { Subject } from "../subject.ts";
import { GUARD_ROUTE } from "./guard-route.ts";
import { hardening } from "./hardening.ts";

/** What the program needs after its sessions have ended, or been cut; seconds. */
const MARGIN = 30;

export function gatewayUnit(subject: Subject): string {
  const { gateway } = subject.inventory;
  const control = gateway.control ?? DEFAULT_CONTROL;
  return `[Unit]
Description=Ecluse, the gateway to the payment terminals
# An address that is not up yet is tried again every second; this spares the wait.
${ordering(gateway)}
# A gateway that fails is started again for as long as it takes.
StartLimitIntervalSec=0

[Service]
# Its processes tell by systemd-notify that they serve, and which of them is the main one (ecluse take-over).
Type=notify
NotifyAccess=all
ExecStart=${NODE_AND_PROGRAM} serve --inventory ${INVENTORY} --control ${control}
# Waits until the inventory file is applied, or says what is wrong with it; SIGHUP would only ask for it.
ExecReload=${NODE_AND_PROGRAM} apply --control ${control} --note "systemctl reload"
# Always: of a process that took over, whose parent still lives, systemd learns neither the end nor how it ended.
Restart=always
RestartSec=1s
# 2: the inventory, the state or the socket cannot be used. Starting again does not mend that.
RestartPreventExitStatus=2
# SIGTERM to each of its processes, which then wait for the sessions inside; a second one ends them at once: systemctl kill
# ecluse. Not "mixed": systemd does not wait for a main process that it did not start itself, as after a take-over.
KillMode=control-group
# limits.drain, and ${MARGIN} s.
TimeoutStopSec=${Math.ceil(gateway.limits.drain / 1_000) + MARGIN}s
# What reads a huge inventory runs beside the gateway, and may fail without it.
OOMPolicy=continue
# Each session has a line in the log.
LogRateLimitIntervalSec=0

# A user of its own, which exists while the unit runs; systemd hands it these folders at each start.
DynamicUser=yes
${folders(gateway)}
CacheDirectory=ecluse
CacheDirectoryMode=0700
Environment=NODE_COMPILE_CACHE=%C/ecluse
UMask=0077
# Two descriptors a session, one a door; this is systemd's usual hard limit.
LimitNOFILE=524288

${hardening(subject)}
[Install]
WantedBy=multi-user.target
`;
}

function ordering(gateway: Gateway): string {
  const first = ["network-online.target", ...(isTailscale(gateway) ? ["tailscaled.service", GUARD_ROUTE] : [])];
  return `Wants=${first.filter((unit) => unit !== "tailscaled.service").join(" ")}\nAfter=${first.join(" ")}`;
}

/** A user that exists only while the unit runs owns what systemd gives it, and nothing else. */
function folders({ state = DEFAULT_STATE, control = DEFAULT_CONTROL }: Gateway): string {
  const stateFolder = below("/var/lib/", state);
  if (stateFolder === undefined) throw outside("gateway.state", state, DEFAULT_STATE);
  const lines = [`StateDirectory=${stateFolder}`, "StateDirectoryMode=0700"];
  if (control.startsWith(`/var/lib/${stateFolder}/`)) return lines.join("\n");
  const controlFolder = below("/run/", control.slice(0, control.lastIndexOf("/")));
  if (controlFolder === undefined) throw outside("gateway.control", control, DEFAULT_CONTROL);
  return [...lines, `RuntimeDirectory=${controlFolder}`, "RuntimeDirectoryMode=0700"].join("\n");
}

/** The rest of a path that lies in a folder of systemd's; no empty part, no dots, and no colon, which means something there. */
function below(parent: string, path: string): string | undefined {
  const rest = path.startsWith(parent) ? path.slice(parent.length) : "";
  const parts = rest.split("/");
  const isPlain = parts.every((part) => /^[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*$/.test(part));
  return isPlain && parts[0] !== "private" ? rest : undefined;
}

function outside(key: string, path: string, usual: string): Error {
  const where = key === "gateway.state" ? "a folder below /var/lib" : "in a folder below /run";
  return cannotRender(
    "systemd/ecluse.service",
    `${key} is ${path}, which systemd cannot hand to the unit's own user`,
    `name ${where}, such as ${usual}, or leave it out`,
  );
}
