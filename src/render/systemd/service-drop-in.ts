/**
 * What the unit of a back-end service needs for the listening rule: its machine's address, who may come, IPv4 only, and
 * where the inventory says whom the service calls, a filter of packets as an outer ring.
 *
 * One unit may run several services; its variables hold for all of them, so those must let the same sources in.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Machine, Service } from "../../inventory/model.ts";
import { cannotRender } from "../cannot-render.ts";
import { NGINX_UNIT } from "../local-nginx.ts";
import { networksOf, rightsOf, type Subject } from "../subject.ts";
import { packetFilter } from "./packet-filter.ts";

/**
 * No connection comes from this address (RFC 1122, 3.2.1.3). A list must not be empty: the guard would refuse to start, and
 * a filter of somebody else's making may take an empty list for none.
 */
const NOBODY = "255.255.255.255";

/** One variable, its name included: MAX_ARG_STRLEN of execve(2). */
const LONGEST_VARIABLE = 131_072;

export interface DropIn {
  readonly unit: string;
  readonly body: string;
}

export function serviceDropIns(subject: Subject, machine: Machine): readonly DropIn[] {
  const here = subject.inventory.services.filter((service) => service.machine === machine.name);
  const units = new Set(here.flatMap(({ unit }) => unit ?? []));
  return [...units].map((unit) => {
    const services = here.filter((service) => service.unit === unit);
    return { unit, body: dropIn({ unit, machine, services }, subject) };
  });
}

interface Unit {
  readonly unit: string;
  readonly machine: Machine;
  readonly services: readonly Service[];
}

function dropIn(of: Unit, subject: Subject): string {
  return `# ${of.services.map(({ name, port }) => `${name}, port ${port}`).join("; ")}
[Unit]
# The address below must be up before somebody listens on it.
Wants=network-online.target
After=network-online.target

[Service]
${variables(of, subject)}# IPv4 only, whatever the unit itself allows.
RestrictAddressFamilies=
RestrictAddressFamilies=AF_INET AF_UNIX
${packetFilter(of.services, subject)}`;
}

/** nginx reads none: where it listens and whom it lets in is said by the target nginx. */
function variables(of: Unit, subject: Subject): string {
  const address = formatAddress(of.machine.address);
  const names = new Set(of.services.flatMap(({ hostVariable }) => hostVariable ?? []));
  const hosts = [...names].map((name) => `Environment=${name}=${address}\n`).join("");
  return of.unit === NGINX_UNIT ? hosts : `${hosts}${allowed(of, subject)}`;
}

function allowed({ unit, machine, services }: Unit, subject: Subject): string {
  const [list = NOBODY, ...others] = new Set(services.map((service) => allowList(service, subject)));
  const complain = (problem: string, hint: string): Error =>
    cannotRender(`systemd/${unit}.service.d/ecluse.conf of ${machine.name}`, problem, hint);
  if (others.length > 0) {
    const names = services.map(({ name }) => name).join(", ");
    throw complain(
      `${names} let different sources in, and one unit has one list`,
      "give them the same allow, or units of their own",
    );
  }
  const variable = `ALLOWED_SOURCE_IP=${list}`;
  if (variable.length >= LONGEST_VARIABLE) {
    throw complain("the list of sources is longer than a variable may be", "allow fewer, larger networks");
  }
  return `# ${whoComes(services, subject)}\nEnvironment=${variable}\n`;
}

/** As the guard reads it: docs/guard.md. */
function allowList({ grants }: Service, subject: Subject): string {
  const networks = networksOf(grants, subject);
  if (networks.length === 0) return NOBODY;
  return networks.some(({ prefix }) => prefix === 0) ? "any" : networks.map(formatNetwork).join(",");
}

function whoComes(services: readonly Service[], subject: Subject): string {
  const rights = services.flatMap(({ grants }) => rightsOf(grants, subject));
  const names = new Set(rights.map(({ source }) => source.name));
  return names.size === 0 ? "Nobody, now: no connection comes from this address." : [...names].join(", ");
}
