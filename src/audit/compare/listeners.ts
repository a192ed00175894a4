/** Who listens, against who should: on exactly its address, in the host's own network, IPv4, TCP. */
import { formatAddress } from "@ecluse/guard/address";
import { inPlan, positionOf } from "../../inventory/numbering.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { Endpoint } from "../../inventory/model.ts";
import { type Audited, type ExpectedDoor, finding } from "../audited.ts";
import type { AuditCode } from "../catalogue.ts";
import type { AuditFinding, Evidence } from "../finding.ts";
import type { Listener } from "../parse/sockets.ts";
import { isToldByNginx } from "./nginx-listens.ts";

export function compareListeners(audited: Audited): readonly AuditFinding[] {
  const byPort = Map.groupBy(audited.listeners, ({ port }) => port);
  return [
    ...audited.doors.flatMap((door) => atDoor(audited, door, byPort.get(door.endpoint.port) ?? [])),
    ...undeclared(audited, byPort),
  ];
}

function atDoor(audited: Audited, door: ExpectedDoor, there: readonly Listener[]): readonly AuditFinding[] {
  const tcp = there.filter(({ protocol }) => protocol === "tcp");
  const missing = tcp.some((each) => serves(each, door.endpoint)) ? [] : [notListening(audited, door, tcp)];
  return [...missing, ...there.flatMap((listener) => misplaced(audited, door, listener) ?? [])];
}

/** Whether a client that connects to the endpoint reaches this socket. */
export function serves({ scope, address, namespace }: Listener, endpoint: Endpoint): boolean {
  if (namespace !== "") return false;
  return scope === "wildcard4" || scope === "wildcard6" || (scope === "address" && address === endpoint.address);
}

function misplaced(audited: Audited, door: ExpectedDoor, listener: Listener): AuditFinding | undefined {
  const code = wrongness(listener, door);
  const { flow, endpoint } = door;
  if (code === undefined || isToldByNginx(audited.nginx, listener, endpoint)) return undefined;
  const where = `${listener.protocol} ${placeOf(listener)}${ownerOf(listener)}`;
  const message = `${flow.id} should listen on ${formatEndpoint(endpoint)} alone; there is ${where}`;
  return finding(audited, code, { flow: flow.id, message, evidence: evidenceOf(listener), fix: fixOf(audited, door) });
}

function wrongness({ scope, namespace, protocol }: Listener, { endpoint }: ExpectedDoor): AuditCode | undefined {
  if (namespace !== "") return undefined;
  if (protocol === "udp") return "udp-on-port";
  if (scope === "wildcard4" && endpoint.address !== 0) return "listens-everywhere";
  if (scope === "wildcard6" || scope === "address6") return "listens-ipv6";
  return undefined;
}

function notListening(audited: Audited, door: ExpectedDoor, tcp: readonly Listener[]): AuditFinding {
  const { flow, endpoint } = door;
  const [other] = tcp;
  const elsewhere = other === undefined ? "nobody does" : `there is ${placeOf(other)}${ownerOf(other)}`;
  return finding(audited, other === undefined ? "not-listening" : "listens-elsewhere", {
    flow: flow.id,
    message: `${flow.id} should listen on ${formatEndpoint(endpoint)}, and ${elsewhere}`,
    evidence: other === undefined ? nothing(endpoint) : evidenceOf(other),
    fix: fixOf(audited, door),
  });
}

/** Listeners on ports that only flows should have, at addresses where no flow is. */
function undeclared(audited: Audited, byPort: ReadonlyMap<number, readonly Listener[]>): readonly AuditFinding[] {
  if (audited.host !== "gateway") return [];
  const declared = new Set(audited.doors.map(({ endpoint }) => endpoint.port));
  return [...byPort].flatMap(([port, listeners]) => {
    const position = positionOf(port);
    if (declared.has(port) || position === undefined || !inPlan(position)) return [];
    return listeners
      .filter(({ protocol }) => protocol === "tcp")
      .map((listener) =>
        finding(audited, "not-declared", {
          message: `${placeOf(listener)}${ownerOf(listener)} listens on a terminal's port that the inventory does not open`,
          evidence: evidenceOf(listener),
          fix: `declare the terminal and run ecluse apply, or stop that program`,
        }),
      );
  });
}

function fixOf({ host }: Audited, { flow, service }: ExpectedDoor): string {
  if (flow.kind === "relayed") return "systemctl status ecluse; ecluse status";
  const unit = service?.unit;
  if (unit === undefined) return `let it listen on its own address only: ecluse render nginx --machine ${host}`;
  const dropIn = `/etc/systemd/system/${unit}.service.d/ecluse.conf`;
  return `ecluse render systemd --machine ${host} --out DIR/; install its ${unit}.service.d/ecluse.conf as ${dropIn}; systemctl daemon-reload; systemctl restart ${unit}`;
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
