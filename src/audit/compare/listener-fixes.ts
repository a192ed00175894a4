/** What mends a listener: the command that frees a port of who should not hold it, or brings there who should. */
import { formatAddress } from "@ecluse/guard/address";
import type { Service } from "../../inventory/model.ts";
import type { Audited, ExpectedDoor } from "../audited.ts";
import { containersOf, publisherOf } from "../parse/docker.ts";
import type { Listener, Owner } from "../parse/sockets.ts";
import { unitOf } from "../parse/units.ts";
import { isGateway } from "./is-gateway.ts";

/** Units that start what others wrote: to end such a program, they must not end. */
const STARTERS = /^(?:docker|containerd|podman|cron|atd|ssh|sshd)\.service$/;

/** Ends who holds a port: its container, its unit, its process. */
export function freeing({ facts }: Audited, { owner, protocol, port }: Listener): string {
  const container = containersOf(facts).find(({ id }) => id === owner?.container)?.name ?? proxied(facts, owner, port);
  if (container !== undefined) return removing(container);
  if (owner === undefined)
    return `end the program that this names: ss -H${protocol === "udp" ? "u" : "t"}lnpe 'sport = :${port}'`;
  if (owner.unit !== undefined && !STARTERS.test(owner.unit)) return `systemctl disable --now ${owner.unit}`;
  return `kill ${owner.pid}`;
}

/** Docker's own program holds the ports that it publishes. */
function proxied(facts: Audited["facts"], owner: Owner | undefined, port: number): string | undefined {
  return owner?.program === "docker-proxy" ? publisherOf(facts, port) : undefined;
}

export function removing(container: string): string {
  return `docker rm --force '${container.replaceAll("'", "")}'`;
}

/** The gateway takes the doors of the inventory; what another program held it takes by itself, once that is gone. */
export function tellingGateway(audited: Audited): string {
  const unit = unitOf(audited.facts, "ecluse");
  if (unit?.loaded === true && !unit.active) return "systemctl start ecluse";
  const ports = new Set(audited.doors.map(({ endpoint }) => endpoint.port));
  const serves = audited.listeners.some((each) => ports.has(each.port) && isGateway(audited, each));
  if (serves || unit?.active === true) return "ecluse apply";
  return "start the gateway: systemctl start ecluse, docker compose up --detach, or ecluse serve";
}

/** A service goes where its machine's address is. */
export function moving(audited: Audited, door: ExpectedDoor): string {
  const { service, flow } = door;
  if (flow.kind === "relayed") return tellingGateway(audited);
  if (service === undefined) return `let it listen on ${formatAddress(audited.address)} only`;
  if (isServedByNginx(service)) return installNginx(audited.host, service.name);
  if (service.unit !== undefined) return installDropIn(audited.host, service.unit);
  return `start it again with ${service.hostVariable ?? ""}=${formatAddress(audited.address)}`;
}

/** A service that nobody reaches is started, or, told another address, moved. */
export function starting(audited: Audited, door: ExpectedDoor): string {
  const { unit: name, hostVariable } = door.service ?? {};
  const unit = name === undefined ? undefined : unitOf(audited.facts, name);
  if (name === undefined || unit === undefined || hostVariable === undefined) return moving(audited, door);
  const isTold = unit.environment.get(hostVariable) === formatAddress(audited.address);
  return isTold ? `systemctl restart ${name}` : moving(audited, door);
}

/** As `render` has it (docs/render.md, nginx): nothing else says where it listens. */
export function isServedByNginx({ unit, hostVariable }: Service): boolean {
  return unit === "nginx" || (unit === undefined && hostVariable === undefined);
}

/** nginx cannot take an address while its own old socket has all of them: a reload would not do. */
function installNginx(host: string, name: string): string {
  return [
    `ecluse render nginx --machine ${host} --out DIR/`,
    `install -D -m 644 DIR/nginx/listen-${name}.conf /etc/nginx/snippets/listen-${name}.conf`,
    "systemctl restart nginx",
  ].join(" && ");
}

export function installDropIn(host: string, unit: string): string {
  const file = `${unit}.service.d/ecluse.conf`;
  return [
    `ecluse render systemd --machine ${host} --out DIR/`,
    `install -D -m 644 DIR/systemd/${file} /etc/systemd/system/${file}`,
    "systemctl daemon-reload",
    `systemctl restart ${unit}`,
  ].join(" && ");
}
