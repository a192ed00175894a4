/** Who listens, against who should: on exactly its address, in the host's own network, IPv4, TCP. */
import { formatAddress } from "@ecluse/guard/address";
import { positionOf } from "../../inventory/numbering.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { Endpoint } from "../../inventory/model.ts";
import { type Audited, type ExpectedDoor, finding } from "../audited.ts";
import type { AuditCode } from "../catalogue.ts";
import type { AuditFinding, Evidence } from "../finding.ts";
import type { Listener } from "../parse/sockets.ts";
import { isGateway } from "./is-gateway.ts";
import { freeing, moving, starting, tellingGateway } from "./listener-fixes.ts";
import { isToldByNginx } from "./nginx-listens.ts";

export function compareListeners(audited: Audited): readonly AuditFinding[] {
  const byPort = Map.groupBy(audited.listeners, ({ port }) => port);
  return [
    ...audited.doors
      .filter((door) => isListened(audited, door))
      .flatMap((door) => atDoor(audited, door, byPort.get(door.endpoint.port) ?? [])),
    ...undeclared(audited, byPort),
  ];
}

/** A door that the kernel carries has no socket, and who has one there is never reached. */
function isListened({ policy }: Audited, { flow }: ExpectedDoor): boolean {
  return flow.kind === "local" || policy.kernel === undefined;
}

function atDoor(audited: Audited, door: ExpectedDoor, there: readonly Listener[]): readonly AuditFinding[] {
  const tcp = there.filter(({ protocol }) => protocol === "tcp");
  const serving = tcp.find((each) => serves(each, door.endpoint));
  const others = there.flatMap((listener) => misplaced(audited, door, { listener, serving }) ?? []);
  return serving === undefined ? [notListening(audited, door, tcp), ...others] : others;
}

/** Whether a client that connects to the endpoint reaches this socket. */
export function serves({ scope, address, namespace }: Listener, endpoint: Endpoint): boolean {
  if (namespace !== "") return false;
  return scope === "wildcard4" || scope === "wildcard6" || (scope === "address" && address === endpoint.address);
}

interface There {
  readonly listener: Listener;
  /** Who serves the door, if somebody does. */
  readonly serving: Listener | undefined;
}

function misplaced(audited: Audited, door: ExpectedDoor, { listener, serving }: There): AuditFinding | undefined {
  const isBeside = serving !== undefined && isStray(audited, listener, serving);
  const code = isBeside ? "listens-elsewhere" : wrongness(audited, listener, door);
  const { flow, endpoint } = door;
  if (code === undefined || isToldByNginx(audited.nginx, listener, endpoint)) return undefined;
  const where = `${listener.protocol} ${placeOf(listener)}${ownerOf(listener)}`;
  const message = `${flow.id} should listen on ${formatEndpoint(endpoint)} alone; there is ${where}`;
  const fix = isMeant(audited, listener, door) ? moving(audited, door) : freeing(audited, listener);
  return finding(audited, code, { flow: flow.id, message, evidence: evidenceOf(listener), fix });
}

/** One more address that a network reaches, with no flow there: at a port of the plan, or by the program of the door. */
function isStray(audited: Audited, listener: Listener, serving: Listener): boolean {
  const { scope, address = 0, port, namespace, protocol, owner } = listener;
  if (scope !== "address" || namespace !== "" || protocol !== "tcp" || isLoopback(address)) return false;
  if (audited.doors.some(({ endpoint }) => endpoint.port === port && endpoint.address === address)) return false;
  return (
    (audited.host === "gateway" && positionOf(port) !== undefined) ||
    (owner !== undefined && owner.pid === serving.owner?.pid)
  );
}

function isLoopback(address: number): boolean {
  return address >>> 24 === 127;
}

function wrongness(audited: Audited, listener: Listener, { flow, endpoint }: ExpectedDoor): AuditCode | undefined {
  const { scope, namespace, protocol, owner } = listener;
  if (namespace !== "") return undefined;
  if (protocol === "udp") return "udp-on-port";
  if (scope === "wildcard4" && endpoint.address !== 0) return "listens-everywhere";
  if (scope === "wildcard6" || scope === "address6") return "listens-ipv6";
  const isStranger = flow.kind === "relayed" && owner !== undefined && !isGateway(audited, listener);
  return isStranger && serves(listener, endpoint) ? "held-by-another" : undefined;
}

/** Whether it is the program that should listen there, in another way. A program of which nothing else is known is. */
function isMeant(audited: Audited, listener: Listener, { flow, service }: ExpectedDoor): boolean {
  const { owner, protocol } = listener;
  if (flow.kind === "relayed") return isGateway(audited, listener);
  if (owner?.unit === undefined || service?.unit === undefined) return protocol === "tcp";
  return owner.unit === `${service.unit}.service`;
}

function notListening(audited: Audited, door: ExpectedDoor, tcp: readonly Listener[]): AuditFinding {
  const { flow, endpoint } = door;
  const [other] = tcp;
  const elsewhere = other === undefined ? "nobody does" : `there is ${placeOf(other)}${ownerOf(other)}`;
  return finding(audited, other === undefined ? "not-listening" : "listens-elsewhere", {
    flow: flow.id,
    message: `${flow.id} should listen on ${formatEndpoint(endpoint)}, and ${elsewhere}`,
    evidence: other === undefined ? nothing(endpoint) : evidenceOf(other),
    fix: [...(other === undefined ? [] : leaving(audited, other, door)), starting(audited, door)].join(" && "),
  });
}

/** Who is no more than in the way ends; what stands in a network of its own is not. */
function leaving(audited: Audited, other: Listener, door: ExpectedDoor): readonly string[] {
  const isInTheWay = other.namespace === "" && !isLoopback(other.address ?? 0) && !isMeant(audited, other, door);
  return isInTheWay ? [freeing(audited, other)] : [];
}

/** Listeners on ports that only flows should have, at addresses where no flow is. */
function undeclared(audited: Audited, byPort: ReadonlyMap<number, readonly Listener[]>): readonly AuditFinding[] {
  if (audited.host !== "gateway") return [];
  const declared = new Set(audited.doors.map(({ endpoint }) => endpoint.port));
  return [...byPort].flatMap(([port, listeners]) => {
    if (declared.has(port) || positionOf(port) === undefined) return [];
    return listeners
      .filter(({ protocol, namespace, address = 0 }) => protocol === "tcp" && namespace === "" && !isLoopback(address))
      .map((listener) =>
        finding(audited, "not-declared", {
          message: `${placeOf(listener)}${ownerOf(listener)} listens on a terminal's port that the inventory does not open`,
          evidence: evidenceOf(listener),
          // Where the terminal is meant: it is declared.
          fix: isGateway(audited, listener) ? tellingGateway(audited) : freeing(audited, listener),
        }),
      );
  });
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}

/** `[::]:3020`, `192.0.2.1:3020 in net:[4026532301]`. */
export function placeOf({ scope, address, port, namespace }: Listener): string {
  const host = address === undefined ? (scope === "wildcard6" ? "[::]" : "an IPv6 address") : formatAddress(address);
  return `${host}:${port}${namespace === "" ? "" : ` in another network (${namespace})`}`;
}

function ownerOf({ owner }: Listener): string {
  if (owner === undefined) return "";
  const container = owner.container === undefined ? "" : `, container ${owner.container.slice(0, 12)}`;
  return ` (${escapeControls(owner.program)}, process ${owner.pid}${container})`;
}

function evidenceOf({ protocol, port, line }: Listener): Evidence {
  return { source: `ss -H${protocol === "udp" ? "u" : "t"}lnpe 'sport = :${port}'; /proc/net/${protocol}`, line };
}

function nothing({ port }: Endpoint): Evidence {
  return { source: `ss -Htlnpe 'sport = :${port}'`, line: "" };
}
