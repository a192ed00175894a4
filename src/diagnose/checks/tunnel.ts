/** The tunnel and its routers, as Tailscale tells of them. A router that is online says nothing of the depot behind it. */
import { formatNetwork } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { type Node, type Tailscale, routersTo, tailscaleOf } from "../../audit/parse/tailscale.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { depotNetwork, plannedAddress } from "../../inventory/numbering.ts";
import type { DiagnosisCode } from "../catalogue.ts";
import { type Diagnosis, fine, missing, trouble } from "../diagnosis.ts";

const DAY = 86_400_000;
/** A key that ends within so many days is renewed now. */
const NOTICE = 30;

const SOURCE = "tailscale status --json";

export function checkTunnel(audited: Audited): readonly Diagnosis[] {
  const tailscale = tailscaleOf(audited.facts);
  if (audited.inventory.depots.length === 0) return [];
  if (tailscale === undefined) {
    return [missing("tunnel-state", audited.facts, "tailscale", "Tailscale cannot be asked on this host")];
  }
  return [
    state(tailscale),
    acceptsRoutes(tailscale),
    ...keys(tailscale, audited.at),
    ...routers(tailscale, audited),
    ...single(audited),
  ];
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

function acceptsRoutes({ acceptsRoutes: accepts }: Tailscale): Diagnosis {
  const evidence = {
    source: "tailscale debug prefs",
    line: accepts === undefined ? "" : `"RouteAll": ${String(accepts)}`,
  };
  if (accepts === true) return fine("accept-routes", "routes of subnet routers are accepted", evidence);
  if (accepts === undefined) {
    return {
      code: "accept-routes",
      state: "unknown",
      what: "whether routes are accepted could not be read",
      evidence,
      fix: "run it as root",
    };
  }
  return trouble("accept-routes", {
    what: "routes of subnet routers are not accepted",
    evidence,
    fix: "tailscale set --accept-routes",
  });
}

function keys({ self, peers }: Tailscale, now: number): readonly Diagnosis[] {
  const mattering = [...(self === undefined ? [] : [self]), ...peers.filter(({ routes }) => routes.length > 0)];
  return mattering.map((node) => key(node, now));
}

function key({ name, expired, keyExpiry }: Node, now: number): Diagnosis {
  const until = keyExpiry === undefined ? "never ends" : `ends on ${new Date(keyExpiry).toISOString()}`;
  const evidence = { source: SOURCE, line: `${escapeControls(name)}: KeyExpiry ${until}` };
  const isOver = expired || (keyExpiry !== undefined && keyExpiry <= now);
  if (!isOver && (keyExpiry === undefined || keyExpiry - now > NOTICE * DAY)) {
    return fine("key-expiry", `the key of ${escapeControls(name)} ${until}`, evidence);
  }
  const what = isOver ? `the key of ${escapeControls(name)} has ended` : `the key of ${escapeControls(name)} ${until}`;
  return trouble("key-expiry", {
    what,
    evidence,
    fix: `on ${escapeControls(name)}: tailscale up --force-reauth, or disable the key's expiry in the admin console`,
  });
}

function routers(tailscale: Tailscale, { inventory }: Audited): readonly Diagnosis[] {
  return inventory.depots.flatMap(({ number }) => {
    const { network, firstHost } = inventory.gateway.terminals;
    const nodes = routersTo(tailscale, plannedAddress(network, firstHost, { depot: number, terminal: 1 }));
    const [node] = nodes;
    const name = `depot ${number} (${formatNetwork(depotNetwork(network, number))})`;
    if (node === undefined) return [withoutRouter(name)];
    return [announced(name, node), ...(node.active && !node.direct ? [relayed(name, node)] : [])];
  });
}

function withoutRouter(name: string): Diagnosis {
  return trouble("depot-router", {
    what: `no router announces ${name}`,
    evidence: { source: SOURCE, line: "no peer has it in PrimaryRoutes" },
    fix: "on its router: tailscale set --advertise-routes=..., then approve the route in the admin console",
  });
}

function announced(name: string, { name: router, online }: Node): Diagnosis {
  const evidence = { source: SOURCE, line: `${escapeControls(router)}: Online ${String(online)}` };
  if (online) return fine("depot-router", `${name} is announced by ${escapeControls(router)}`, evidence);
  return trouble("depot-router", {
    what: `the router of ${name}, ${escapeControls(router)}, is offline`,
    evidence,
    fix: `look after ${escapeControls(router)}: power, its line, tailscaled`,
  });
}

function relayed(name: string, { name: router, relay = "?" }: Node): Diagnosis {
  return trouble("relayed-path", {
    what: `the path to ${name} goes through the relay ${escapeControls(relay)}`,
    evidence: { source: SOURCE, line: `${escapeControls(router)}: CurAddr empty, Relay ${escapeControls(relay)}` },
    fix: "let UDP 41641 out and back in at both ends; tailscale netcheck says what is in the way",
  });
}

function single({ inventory }: Audited): readonly Diagnosis[] {
  const { routers: list } = inventory.gateway.tunnel;
  const evidence = { source: "the inventory: gateway.tunnel.routers", line: `${list.length}` };
  const code: DiagnosisCode = "single-router";
  if (list.length > 1) return [fine(code, `there are ${list.length} subnet routers`, evidence)];
  return [
    trouble(code, {
      what: "there is one subnet router for all depots",
      evidence,
      fix: "let a second one announce the same routes",
    }),
  ];
}
