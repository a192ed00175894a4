/**
 * `tailscale status --json` and the preferences that matter here. Fields: ipn/ipnstate.Status and PeerStatus of the public
 * source (github.com/tailscale/tailscale); those marked omitempty there are absent rather than false.
 */
import { type Ipv4, type Network, contains, parseNetwork } from "@ecluse/guard/address";
import { type HostFacts, reading, textOf } from "../facts.ts";

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
  readonly online: boolean;
  /** Networks it routes now. */
  readonly routes: readonly Network[];
  /** A direct path has an address; one through a relay has its name. */
  readonly direct: boolean;
  readonly relay?: string;
  readonly expired: boolean;
  /** Milliseconds since the epoch; absent: its key does not expire. */
  readonly keyExpiry?: number;
  readonly active: boolean;
}

/** `undefined`: there is no Tailscale here, or it could not be asked. */
export function tailscaleOf(facts: HostFacts): Tailscale | undefined {
  const text = textOf(facts, "tailscale");
  const status = parsed(text);
  if (status === undefined || reading(facts, "tailscale")?.failed !== undefined) return undefined;
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

/** Whoever routes an address now, most specific first. */
export function routersTo({ peers }: Tailscale, address: Ipv4): readonly Node[] {
  return peers.filter(({ routes }) => routes.some((network) => contains(network, address)));
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
    online: raw["Online"] === true,
    // What it routes now, and not its own address; AllowedIPs holds both, PrimaryRoutes only the routes.
    routes: networksOf(raw["PrimaryRoutes"]),
    direct: typeof raw["CurAddr"] === "string" && raw["CurAddr"] !== "",
    ...relay,
    expired: raw["Expired"] === true,
    ...(Number.isNaN(expiry) || expiry <= 0 ? {} : { keyExpiry: expiry }),
    active: raw["Active"] === true,
  };
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
