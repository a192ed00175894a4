/** The steps in the middle: the door on this host, the way out of it, and what the tunnel says of itself. */
import { formatAddress } from "@ecluse/guard/address";
import { formatEndpoint, serves } from "../../audit/compare/listeners.ts";
import { reading } from "../../audit/facts.ts";
import { waysOf } from "../../audit/parse/network.ts";
import { type Node, routersTo, tailscaleOf } from "../../audit/parse/tailscale.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { isNotInstalled } from "../diagnosis.ts";
import { isForwarding } from "../checks/kernel-table.ts";
import { isLoopback } from "../tunnelled-depots.ts";
import { firewallStep } from "./firewall.ts";
import { type Step, type Walk, breaks, passed, unknown } from "./step.ts";

export function listenerStep(walk: Walk): Step {
  return walk.audited.policy.kernel === undefined ? socketStep(walk) : tableStep(walk);
}

function socketStep(walk: Walk): Step {
  const { flow, audited } = walk;
  const source = "cat /proc/net/tcp";
  const read = reading(audited.facts, "sockets");
  if (read === undefined || read.failed !== undefined) {
    return unknown("listener", "who listens here could not be read", { source, line: read?.failed ?? "" });
  }
  const found = flow.endpoints.map((endpoint) =>
    audited.listeners.find((each) => each.protocol === "tcp" && each.port === endpoint.port && serves(each, endpoint)),
  );
  const closed = flow.endpoints.filter((_, index) => found[index] === undefined).map(formatEndpoint);
  const evidence = {
    source,
    line: found
      .map((each) => each?.line ?? "")
      .join("\n")
      .trim(),
  };
  if (closed.length === 0) return passed("listener", "its door is open on this host", evidence);
  return closedDoor(walk, `nobody listens on ${closed.join(" and ")}`, evidence);
}

/** The kernel's doors are no sockets: what it leads on stands in the gateway's table. */
function tableStep(walk: Walk): Step {
  const { flow, audited, gateway } = walk;
  const { table } = audited;
  const source = "nft list table ip ecluse";
  if (table === "unread") {
    const line = escapeControls(reading(audited.facts, "nftables")?.failed ?? "");
    return unknown("listener", "the kernel's doors could not be read", { source, line });
  }
  const doors = flow.endpoints.map(formatEndpoint);
  const lines = doors.map((door) => lineAt(table, door)).filter((line) => line !== "");
  const evidence = { source, line: lines.join("\n") };
  const closed = doors.filter((door) => table === "absent" || !table.doors.has(door));
  if (closed.length > 0) return closedDoor(walk, `${closed.join(" and ")} is not open in the kernel's table`, evidence);
  if (!isForwarding(audited)) {
    const read = { source: "sysctl net.ipv4.ip_forward", line: "0" };
    return { ...closedDoor(walk, "this host does not forward", read), fix: "sysctl -w net.ipv4.ip_forward=1" };
  }
  if (gateway.kind === "answered" && gateway.flow.blocked.some((cause) => !isFirewalls(walk, cause))) {
    return closedDoor(walk, `${doors.join(" and ")} is blocked`, evidence);
  }
  return passed("listener", "its door is in the kernel's table", evidence);
}

/** How the kernel engine begins its cause where another table drops newcomers. */
const DROPPED_BY = "dropped-by: ";

/** What drops newcomers is the next step's to name, and whether it still does: the gateway sees that at the next newcomer. */
function isFirewalls(walk: Walk, cause: string): boolean {
  return cause.includes(DROPPED_BY) && firewallStep(walk).state !== "unknown";
}

function lineAt(table: Walk["audited"]["table"], door: string): string {
  const target = typeof table === "string" ? undefined : table.targets.get(door);
  return target === undefined ? "" : `${door} : ${target}`;
}

function closedDoor({ name, gateway }: Walk, what: string, evidence: Step["evidence"]): Step {
  const isSilent = gateway.kind === "silent";
  const blocked = gateway.kind === "answered" ? gateway.flow.blocked.map(escapeControls) : [];
  return breaks("listener", {
    what: [what, ...blocked, ...(isSilent ? [gateway.message] : [])].join(": "),
    evidence,
    said: isSilent
      ? `The gateway does not run: no terminal can be reached through it, not only ${name}.`
      : `The gateway's own door to ${name} is not open; the terminal is not the cause.`,
    fix: "systemctl status ecluse; ecluse status",
  });
}

export function routeStep({ flow, name, audited }: Walk): Step {
  const { facts, inventory } = audited;
  const to = formatAddress(flow.target.address);
  const tunnel = inventory.gateway.tunnel.interface;
  const way = waysOf(facts).find((each) => each.to === to);
  const evidence = { source: `ip -j route get ${to}`, line: escapeControls(way?.line ?? "") };
  if (way === undefined || way.state === "unread")
    return unknown("route", `the way to ${to} could not be read`, evidence);
  const isTunnelled = flow.position !== undefined && !isLoopback(flow.target.address);
  if (way.state === "leads" && (way.interface === tunnel || !isTunnelled)) {
    return passed("route", `packets to ${to} leave by ${way.interface ?? ""}`, evidence);
  }
  const leaves =
    way.state === "none" ? "there is no way" : `packets leave by ${way.interface ?? ""}, not by ${tunnel},`;
  return breaks("route", {
    what: `${leaves} to ${to}`,
    evidence,
    said: `The gateway has lost its way to ${name}: its tunnel is down or not set up; the terminal is not the cause.`,
    fix: `ip rule; ip route show table 52; ip address show ${tunnel}; tailscale status`,
  });
}

/** A router that its control plane calls offline may still carry packets: what answers decides, not its word. */
export function tunnelStep({ flow, name, audited }: Walk, hasAnswered: boolean): Step {
  const { facts, at } = audited;
  const source = "tailscale status --json";
  const tailscale = tailscaleOf(facts);
  if (tailscale === undefined) {
    const line = escapeControls(reading(facts, "tailscale")?.failed ?? "");
    const what = isNotInstalled(facts, "tailscale") ? "no Tailscale here to ask" : "Tailscale could not be asked";
    return unknown("tunnel", what, { source, line });
  }
  const [router] = routersTo(tailscale, flow.target.address);
  const wrong =
    tailscale.state === "Running"
      ? wrongWith(router, at)
      : `Tailscale does not run: ${escapeControls(tailscale.state)}`;
  const evidence = { source, line: lineOf(router) };
  if (wrong === undefined) return passed("tunnel", `${escapeControls(router?.name ?? "")} carries it`, evidence);
  if (hasAnswered) return passed("tunnel", `${wrong}; packets get through all the same`, evidence);
  return breaks("tunnel", {
    what: wrong,
    evidence,
    said: `The line to the site is down before it reaches ${name}: ${wrong}.`,
    fix: "ecluse doctor",
  });
}

function wrongWith(router: Node | undefined, at: number): string | undefined {
  if (router === undefined) return "no router announces its network";
  const name = escapeControls(router.name);
  if (router.expired || (router.keyExpiry ?? Infinity) <= at) return `the key of the router ${name} has ended`;
  return router.online === false ? `the router ${name} is offline` : undefined;
}

function lineOf(router: Node | undefined): string {
  if (router === undefined) return "no peer has it in PrimaryRoutes or AllowedIPs";
  return `${escapeControls(router.name)}: Online ${String(router.online)}`;
}
