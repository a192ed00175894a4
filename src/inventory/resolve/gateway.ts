/** The gateway: its address, the numbering plan, the tunnel and the limits, with their defaults. */
import { contains, formatNetwork, type Ipv4, type Network, parseAddress, parseNetwork } from "@ecluse/guard/address";
import { TIMES, USUAL_LIMITS } from "../limits.ts";
import type { Endpoint, Gateway, Limits } from "../model.ts";
import { quote } from "../quote.ts";
import type { Reading } from "../reading.ts";
import type { RawInventory } from "../schema.ts";
import type { Path } from "../tree.ts";
import { address, duration, endpoint, formed, network, size } from "./values.ts";

/** Stands in for a gateway address that could not be read, so that the rest can be judged. Never reaches a caller. */
export const UNKNOWN_ADDRESS = parseAddress("255.255.255.255") as Ipv4;

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

/** 9464: the port that exporters of metrics use by custom (OpenTelemetry's default for Prometheus). */
const SERVED = {
  dashboard: { usual: "127.0.0.1:8080", exposed: (at: string) => `the dashboard on ${at} could be opened` },
  metrics: { usual: "127.0.0.1:9464", exposed: (at: string) => `metrics on ${at} could be read` },
} as const;

const DEFAULT_PLAN = parseNetwork("172.17.0.0/16") as Network;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type RawGateway = RawInventory["gateway"];

export function gateway(reading: Reading): Gateway {
  const raw = reading.data.gateway;
  return {
    address: address(reading, { text: raw.address, path: ["gateway", "address"] }) ?? UNKNOWN_ADDRESS,
    engine: raw.engine ?? "relay",
    ...kernel(reading, raw.kernel),
    terminals: {
      network: plan(reading, raw.terminals?.network),
      firstHost: raw.terminals?.firstHost ?? 10,
      port: raw.terminals?.port ?? 8888,
    },
    tunnel: tunnel(reading, raw.tunnel),
    limits: limits(reading, raw.limits),
    onRevoke: raw.onRevoke ?? "drain",
    ...(raw.shield === true ? { shield: true } : {}),
    ...written("state", path(reading, raw.state, ["gateway", "state"])),
    ...control(reading, raw.control),
    ...served(reading, raw.dashboard, "dashboard"),
    ...served(reading, raw.metrics, "metrics"),
    journal: journal(reading, raw.journal),
  };
}

/** The plan counts depots in the third octet, so it needs all of it. */
function plan(reading: Reading, text: string | undefined): Network {
  const path = ["gateway", "terminals", "network"];
  const value = text === undefined ? DEFAULT_PLAN : network(reading, { text, path });
  if (value === undefined || value.prefix === 16) return value ?? DEFAULT_PLAN;
  const message = `the plan's network ${quote(formatNetwork(value))} is not a /16`;
  reading.complain({ code: "plan-network", path, message, hint: "write a /16: its third octet is the depot" });
  return DEFAULT_PLAN;
}

function tunnel(reading: Reading, raw: RawGateway["tunnel"]): Gateway["tunnel"] {
  const path = ["gateway", "tunnel"];
  const form = { pattern: /^[A-Za-z0-9_.-]{1,15}$/, what: "a network interface: 15 letters, digits and - _ . at most" };
  const name = raw?.interface ?? "tailscale0";
  const routers: Ipv4[] = [];
  for (const [index, text] of (raw?.routers ?? []).entries()) {
    const here = [...path, "routers", index];
    const router = address(reading, { text, path: here });
    if (router === undefined) continue;
    if (routers.includes(router)) {
      reading.complain({
        code: "listed-twice",
        path: here,
        message: `${quote(text)} is listed twice`,
        hint: "remove one",
      });
    } else routers.push(router);
  }
  return { interface: formed(reading, { text: name, path: [...path, "interface"] }, form) ?? name, routers };
}

function kernel(reading: Reading, raw: RawGateway["kernel"]): Pick<Gateway, "kernel"> {
  if (raw === undefined) return {};
  if (raw.source === "preserved") return { kernel: { source: raw.source } };
  const source = address(reading, { text: raw.source, path: ["gateway", "kernel", "source"] });
  return source === undefined ? {} : { kernel: { source } };
}

function limits(reading: Reading, raw: RawGateway["limits"]): Limits {
  const time = (key: keyof typeof TIMES): number => {
    const text = raw?.[key];
    const { usual, ...bounds } = TIMES[key];
    return (
      (text === undefined ? undefined : duration(reading, { text, path: ["gateway", "limits", key] }, bounds)) ?? usual
    );
  };
  const sessions = raw?.sessions ?? USUAL_LIMITS.sessions;
  const perSource = raw?.perSource ?? Math.min(USUAL_LIMITS.perSource, sessions);
  if (perSource > sessions) {
    const message = `perSource ${perSource} is more than the gateway's ${sessions} sessions`;
    const path = ["gateway", "limits", "perSource"];
    reading.complain({ code: "out-of-bounds", path, message, hint: `write at most ${sessions}` });
  }
  return {
    connect: time("connect"),
    idle: time("idle"),
    halfClosed: time("halfClosed"),
    stalled: time("stalled"),
    keepalive: time("keepalive"),
    drain: time("drain"),
    sessions,
    perSource,
  };
}

/** Anybody who can connect may read metrics, and may try to guess the dashboard's token: so nobody on another host can. */
function served<K extends "dashboard" | "metrics">(
  reading: Reading,
  raw: RawGateway[K],
  key: K,
): Partial<Record<K, Endpoint>> {
  if (raw === undefined) return {};
  const { usual, exposed } = SERVED[key];
  const [text, path] = [raw.listen ?? usual, ["gateway", key, "listen"]];
  const value = endpoint(reading, { text, path });
  if (value !== undefined && !contains(LOOPBACK, value.address)) {
    const hint = `write ${usual}; docs/${key}.md says how another host gets at it`;
    reading.complain({ code: "not-on-loopback", path, message: `${exposed(quote(text))} by other hosts`, hint });
  }
  return (value === undefined || raw.enabled === false ? {} : { [key]: value }) as Partial<Record<K, Endpoint>>;
}

function path(reading: Reading, text: string | undefined, at: Path): string | undefined {
  const form = { pattern: /^\/[A-Za-z0-9_./@:+-]*$/, what: "an absolute path of letters, digits and _ . / @ : + -" };
  return text === undefined ? undefined : formed(reading, { text, path: at }, form);
}

/** useradd(8): names of groups. */
const GROUP = {
  pattern: /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/,
  what: "a group's name: 32 letters, digits and _ . - at most, no digit first",
};

function control(reading: Reading, raw: RawGateway["control"]): Pick<Gateway, "control" | "controlGroup"> {
  const at = ["gateway", "control"];
  if (typeof raw === "string") return written("control", path(reading, raw, at));
  const group = raw?.group;
  return {
    ...written("control", path(reading, raw?.path, [...at, "path"])),
    ...written(
      "controlGroup",
      group === undefined ? undefined : formed(reading, { text: group, path: [...at, "group"] }, GROUP),
    ),
  };
}

function written<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, string>>;
}

function journal(reading: Reading, raw: RawGateway["journal"]): Gateway["journal"] {
  const path = ["gateway", "journal"];
  const bounds = { least: HOUR, most: 3_650 * DAY };
  const keep =
    raw?.keep === undefined ? undefined : duration(reading, { text: raw.keep, path: [...path, "keep"] }, bounds);
  const bytes = raw?.size === undefined ? undefined : size(reading, { text: raw.size, path: [...path, "size"] });
  return { keep: keep ?? 400 * DAY, size: bytes ?? 2_000_000_000 };
}

/** Whether the gateway's address is one that could be read. */
export function isKnown(gateway: Gateway): boolean {
  return gateway.address !== UNKNOWN_ADDRESS;
}
