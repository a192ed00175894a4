/** The tunnel and its routers, as Tailscale tells of them. A router that is online says nothing of the depot behind it. */
import { formatAddress } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { reading } from "../../audit/facts.ts";
import { linksOf } from "../../audit/parse/network.ts";
import { type Node, type Tailscale, routersTo, tailscaleOf } from "../../audit/parse/tailscale.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { type Diagnosis, fine, isNotInstalled, trouble, unread } from "../diagnosis.ts";
import { type TunnelledDepot, depotNames, tunnelledDepots } from "../tunnelled-depots.ts";

const DAY = 86_400_000;
/** A key that ends within so many days is renewed now. */
const NOTICE = 30;

const SOURCE = "tailscale status --json";

export function checkTunnel(audited: Audited): readonly Diagnosis[] {
  const depots = tunnelledDepots(audited.inventory);
  if (depots.length === 0) return [];
  const tailscale = tailscaleOf(audited.facts);
  if (tailscale === undefined) return [withoutTailscale(audited), single(audited)];
  const routed = routersOf(tailscale, depots);
  return [
    state(tailscale),
    acceptsRoutes(tailscale, audited),
    ...keys(tailscale, routed, audited.at),
    ...routers(routed),
    single(audited),
  ];
}

/** `tailscale` said why, where tailscaled does not run: cmd/tailscale/cli, "failed to connect to local tailscaled". */
const NOT_RUNNING = /failed to connect to local tailscaled|not running/i;

function withoutTailscale({ facts, inventory }: Audited): Diagnosis {
  if (isNotInstalled(facts, "tailscale")) return anyTunnel({ facts, inventory });
  const { failed = "" } = reading(facts, "tailscale") ?? {};
  if (!NOT_RUNNING.test(failed)) return unread("tunnel-state", facts, "tailscale", "Tailscale could not be asked");
  return trouble("tunnel-state", {
    what: "Tailscale is installed, and does not run",
    evidence: { source: SOURCE, line: escapeControls(failed) },
    fix: "systemctl enable --now tailscaled; tailscale up --accept-routes",
  });
}

/** Another tunnel than Tailscale's says no more than whether its interface is there. */
function anyTunnel({ facts, inventory }: Pick<Audited, "facts" | "inventory">): Diagnosis {
  const name = inventory.gateway.tunnel.interface;
  const links = linksOf(facts);
  if (links.length === 0) return unread("tunnel-state", facts, "addresses", `whether ${name} is up could not be read`);
  const link = links.find((each) => each.name === name);
  const source = `ip -j address show ${name}`;
  if (link?.isUp === true) return fine("tunnel-state", `${name} is up`, { source, line: `${name} UP` });
  return trouble("tunnel-state", {
    what: link === undefined ? `there is no interface ${name}` : `${name} is down`,
    evidence: { source, line: link === undefined ? links.map((each) => each.name).join(" ") : `${name} not UP` },
    fix: `bring up the tunnel that makes ${name}, or correct gateway.tunnel.interface`,
  });
}

function state({ state: said, health }: Tailscale): Diagnosis {
  const evidence = { source: SOURCE, line: [`BackendState: ${said}`, ...health].map(escapeControls).join("\n") };
  if (said === "Running") return fine("tunnel-state", "Tailscale runs", evidence);
  return trouble("tunnel-state", {
    what: `Tailscale does not run: ${escapeControls(said)}`,
    evidence,
    fix: "tailscale up --accept-routes",
  });
}

function acceptsRoutes({ acceptsRoutes: accepts }: Tailscale, { facts }: Audited): Diagnosis {
  if (accepts === undefined) {
    return unread("accept-routes", facts, "tailscale-prefs", "whether routes are accepted could not be read");
  }
  const evidence = { source: "tailscale debug prefs", line: `"RouteAll": ${String(accepts)}` };
  if (accepts) return fine("accept-routes", "routes of subnet routers are accepted", evidence);
  return trouble("accept-routes", {
    what: "routes of subnet routers are not accepted",
    evidence,
    fix: "tailscale set --accept-routes",
  });
}

/** Of each depot, the node that its packets go to. */
interface Routed {
  readonly depot: TunnelledDepot;
  readonly router: Node | undefined;
}

function routersOf(tailscale: Tailscale, depots: readonly TunnelledDepot[]): readonly Routed[] {
  return depots.map((depot) => ({ depot, router: routersTo(tailscale, depot.address)[0] }));
}

function keys({ self }: Tailscale, routed: readonly Routed[], now: number): readonly Diagnosis[] {
  const nodes = new Set([self, ...routed.map(({ router }) => router)]);
  return [...nodes].flatMap((node) => (node === undefined ? [] : [key(node, now)]));
}

function key({ name, expired, keyExpiry }: Node, now: number): Diagnosis {
  const node = escapeControls(name);
  const until = keyExpiry === undefined ? "never ends" : `ends on ${new Date(keyExpiry).toISOString()}`;
  const evidence = { source: SOURCE, line: `${node}: KeyExpiry ${until}` };
  const isOver = expired || (keyExpiry !== undefined && keyExpiry <= now);
  if (!isOver && (keyExpiry === undefined || keyExpiry - now > NOTICE * DAY)) {
    return fine("key-expiry", `the key of ${node} ${until}`, evidence);
  }
  return trouble("key-expiry", {
    what: isOver ? `the key of ${node} has ended` : `the key of ${node} ${until}`,
    evidence,
    fix: `on ${node}: tailscale up --force-reauth, or disable the key's expiry in the admin console`,
  });
}

function routers(routed: readonly Routed[]): readonly Diagnosis[] {
  return [...Map.groupBy(routed, ({ router }) => router)].flatMap(([router, list]) => {
    const depots = list.map(({ depot }) => depot);
    const names = depotNames(depots.map(({ number }) => number));
    if (router === undefined) return [withoutRouter(names, depots)];
    return [announced(names, router), ...(router.active ? [path(names, router)] : [])];
  });
}

function withoutRouter(names: string, depots: readonly TunnelledDepot[]): Diagnosis {
  const addresses = depots.map(({ address }) => formatAddress(address)).join(" ");
  return trouble("depot-router", {
    what: `no router announces ${names}`,
    evidence: { source: SOURCE, line: `no peer has it in PrimaryRoutes or AllowedIPs: ${addresses}` },
    fix: "on its router: tailscale set --advertise-routes=..., then approve the route in the admin console",
  });
}

function announced(names: string, { name, online }: Node): Diagnosis {
  const router = escapeControls(name);
  const evidence = { source: SOURCE, line: `${router}: Online ${String(online)}` };
  if (online === true) return fine("depot-router", `${router} announces ${names}, and is online`, evidence);
  if (online === undefined) {
    const what = `whether ${router}, the router of ${names}, is online could not be read`;
    return { code: "depot-router", state: "unknown", what, evidence, fix: `tailscale ping ${router}` };
  }
  return trouble("depot-router", {
    what: `the router of ${names}, ${router}, is offline`,
    evidence,
    fix: `look after ${router}: power, its line, tailscaled`,
  });
}

/** Known only while packets go there: Active. */
function path(names: string, { name, direct, relay = "?" }: Node): Diagnosis {
  const router = escapeControls(name);
  if (direct) {
    const evidence = { source: SOURCE, line: `${router}: CurAddr is set` };
    return fine("relayed-path", `the path to ${names} is direct`, evidence);
  }
  return trouble("relayed-path", {
    what: `the path to ${names} goes through the relay ${escapeControls(relay)}`,
    evidence: { source: SOURCE, line: `${router}: CurAddr empty, Relay ${escapeControls(relay)}` },
    fix: "let UDP 41641 out and back in at both ends; tailscale netcheck says what is in the way",
  });
}

function single({ inventory }: Audited): Diagnosis {
  const { routers: list } = inventory.gateway.tunnel;
  const evidence = {
    source: "the inventory: gateway.tunnel.routers",
    line: list.length === 0 ? "none" : list.map(formatAddress).join(" "),
  };
  if (list.length > 1) return fine("single-router", `there are ${list.length} subnet routers`, evidence);
  return trouble("single-router", {
    what: list.length === 1 ? "there is one subnet router for all depots" : "the inventory names no subnet router",
    evidence,
    fix: "let a second one announce the same routes, and name both in gateway.tunnel.routers",
  });
}
