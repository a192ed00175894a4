/**
 * `tailscale status --json` and the preferences that matter here. Fields: ipn/ipnstate.Status and PeerStatus of the public
 * source (github.com/tailscale/tailscale); those marked omitempty there are absent rather than false.
 */
import { type Ipv4, type Network, contains, parseNetwork } from "@ecluse/guard/address";
import { type HostFacts, textOf } from "../facts.ts";

export interface Tailscale {
  /** `Running`, `Stopped`, `NeedsLogin`. */
  readonly state: string;
  readonly health: readonly string[];
  readonly self: Node | undefined;
  readonly peers: readonly Node[];
  /** Whether routes of others are accepted; `undefined`: could not be read. */
  readonly acceptsRoutes: boolean | undefined;
}

export interface Node {
  readonly name: string;
  /** Whether it is connected to the control plane; `undefined`: this version does not say. */
  readonly online: boolean | undefined;
  /** Networks that packets go to it for; not its own addresses, nor those of an exit node. */
  readonly routes: readonly Network[];
  /** A direct path has an address; one through a relay has its name. */
  readonly direct: boolean;
  readonly relay?: string;
  readonly expired: boolean;
  /** Milliseconds since the epoch; absent: its key does not expire. */
  readonly keyExpiry?: number;
  readonly active: boolean;
}

/** `undefined`: there is no Tailscale here, or it could not be asked. It exits with 1 where it is stopped, and answers. */
export function tailscaleOf(facts: HostFacts): Tailscale | undefined {
  const status = parsed(textOf(facts, "tailscale"));
  if (status?.["BackendState"] === undefined) return undefined;
  const prefs = textOf(facts, "tailscale-prefs");
  const accepts = /"RouteAll": *(true|false)/.exec(prefs)?.[1];
  return {
    state: wordOf(status["BackendState"]) ?? "unknown",
    health: Array.isArray(status["Health"]) ? status["Health"].map(String) : [],
    self: nodeOf(status["Self"]),
    peers: Object.values((status["Peer"] as Raw | null | undefined) ?? {}).flatMap((peer) => nodeOf(peer) ?? []),
    acceptsRoutes: accepts === undefined ? undefined : accepts === "true",
  };
}

/** Whoever routes an address now, most specific first: WireGuard sends by the longest prefix, and never to another. */
export function routersTo({ peers }: Tailscale, address: Ipv4): readonly Node[] {
  const found = peers.flatMap((node) => {
    const prefixes = node.routes.filter((network) => contains(network, address)).map(({ prefix }) => prefix);
    return prefixes.length === 0 ? [] : [{ node, prefix: Math.max(...prefixes) }];
  });
  return found.toSorted((a, b) => b.prefix - a.prefix).map(({ node }) => node);
}

type Raw = Readonly<Record<string, unknown>>;

function parsed(text: string): Raw | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Raw) : undefined;
  } catch {
    return undefined;
  }
}

function nodeOf(value: unknown): Node | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as Raw;
  const expiry = typeof raw["KeyExpiry"] === "string" ? Date.parse(raw["KeyExpiry"]) : NaN;
  const relay = typeof raw["Relay"] === "string" && raw["Relay"] !== "" ? { relay: raw["Relay"] } : {};
  return {
    name: wordOf(raw["HostName"]) ?? wordOf(raw["DNSName"]) ?? "a node",
    online: typeof raw["Online"] === "boolean" ? raw["Online"] : undefined,
    routes: routesOf(raw),
    direct: typeof raw["CurAddr"] === "string" && raw["CurAddr"] !== "",
    ...relay,
    expired: raw["Expired"] === true,
    ...(Number.isNaN(expiry) || expiry <= 0 ? {} : { keyExpiry: expiry }),
    active: raw["Active"] === true,
  };
}

/**
 * PrimaryRoutes are those that the control plane has given it; AllowedIPs are what WireGuard sends to it: the same, its own
 * addresses, and everything (a /0) where it offers itself as an exit node. Other control planes fill in only AllowedIPs.
 */
function routesOf(raw: Raw): readonly Network[] {
  const primary = networksOf(raw["PrimaryRoutes"]);
  if (primary.length > 0) return primary;
  const own = new Set(networksOf(raw["TailscaleIPs"]).map(({ address }) => address));
  return networksOf(raw["AllowedIPs"]).filter(
    ({ address, prefix }) => prefix > 0 && !(prefix === 32 && own.has(address)),
  );
}

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function networksOf(value: unknown): readonly Network[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((text) => {
    const network = parseNetwork(String(text));
    return "kind" in network ? [] : [network];
  });
}
