/** The doors of a host with whom the inventory lets in now, and what judges behind the firewall. */
import { type Network, parseNetwork } from "@ecluse/guard/address";
import type { Endpoint, Grant, Inventory } from "../../inventory/model.ts";
import type { Flow } from "../../policy/policy.ts";
import type { Audited, ExpectedDoor } from "../audited.ts";
import { textOf } from "../facts.ts";
import { type AddressSet, EVERYBODY, addressesOf, intersection, without } from "../wall/address-set.ts";
import { type NginxServer, isNginx, letInAt, serversAt } from "../parse/nginx.ts";
import type { Listener } from "../parse/sockets.ts";
import { isGateway } from "./is-gateway.ts";
import { serves } from "./listeners.ts";

export interface GuardedDoor {
  /** `depot01-tpe01`, `service/api-faucet`, `ssh`. */
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Whom the inventory lets in at this instant. */
  readonly allowed: AddressSet;
  /** Whom the program behind the firewall would let in; everybody where it does not judge. */
  readonly judged: AddressSet;
  /** Whether somebody listens there, or the kernel leads on who comes. */
  readonly held: boolean;
  /** The servers of nginx that answer there, where it holds the door. */
  readonly nginx?: readonly NginxServer[];
}

const LOOPBACK = 127;

/** Doors that a network reaches: not those on loopback. */
export function guardedDoors(audited: Audited): readonly GuardedDoor[] {
  const byPort = Map.groupBy(audited.listeners, ({ port }) => port);
  const allowedTo = remembered(audited);
  return audited.doors
    .filter(({ endpoint }) => endpoint.address >>> 24 !== LOOPBACK)
    .map((door): GuardedDoor => {
      const endpoint = { ...door.endpoint, address: door.endpoint.address || audited.address };
      const allowed = allowedTo(door.flow);
      const isLed = audited.walls.led(endpoint) !== undefined;
      const holders = (isLed ? [] : (byPort.get(endpoint.port) ?? [])).filter(
        (each) => each.protocol === "tcp" && serves(each, endpoint),
      );
      const nginx = holders.length > 0 && holders.every(isNginx) ? serversAt(audited.nginx ?? [], endpoint) : undefined;
      const judged = holders.length === 0 ? allowed : judgedBy(audited, door, { allowed, holders });
      const behind = nginx === undefined ? judged : intersection(judged, judgedByNginx(audited, nginx, allowed));
      const id = door.flow.id;
      return {
        id,
        endpoint,
        allowed,
        judged: behind,
        held: isLed || holders.length > 0,
        ...(nginx === undefined ? {} : { nginx }),
      };
    });
}

/** The addresses that grants let in now. A grant of an unknown source is none. */
export function addressesOfGrants(
  grants: readonly Grant[],
  { inventory, at }: Pick<Audited, "inventory" | "at">,
): AddressSet {
  const names = new Set(grants.filter(({ until }) => until === undefined || until > at).map(({ source }) => source));
  return addressesOf(networksOf(inventory, names));
}

function networksOf({ sources }: Inventory, names: ReadonlySet<string>): readonly Network[] {
  return sources.filter(({ name }) => names.has(name)).flatMap(({ networks }) => networks);
}

/** Flows with the same gate have the same guests: 7,128 doors, a few lists. */
function remembered(audited: Audited): (flow: Flow) => AddressSet {
  const known = new Map<unknown, AddressSet>();
  return (flow) => {
    // Behind a balancer, only the balancer connects.
    if (flow.kind === "relayed" && flow.acceptProxy !== undefined) {
      return addressesOf(flow.acceptProxy.flatMap(({ networks }) => networks));
    }
    const allowed = known.get(flow.gate) ?? addressesOfGrants(flow.grants, audited);
    known.set(flow.gate, allowed);
    return allowed;
  };
}

interface Holding {
  readonly allowed: AddressSet;
  readonly holders: readonly Listener[];
}

/** The gateway refuses whom its policy does not name; a service does what its unit says. */
function judgedBy(audited: Audited, { flow, service }: ExpectedDoor, { allowed, holders }: Holding): AddressSet {
  if (flow.kind === "relayed") return holders.every((holder) => isGateway(audited, holder)) ? allowed : EVERYBODY;
  const unit = service?.unit;
  return unit === undefined ? EVERYBODY : judgedByUnit(textOf(audited.facts, `unit:${unit}`));
}

/** Of a configuration that could not be read nothing is claimed; one that has no server there is not the one that runs. */
function judgedByNginx({ nginx }: Audited, servers: readonly NginxServer[], allowed: AddressSet): AddressSet {
  if (nginx === undefined) return allowed;
  return servers.length === 0 ? EVERYBODY : letInAt(servers);
}

/** `ALLOWED_SOURCE_IP`, and systemd's own address filter: systemd.resource-control(5), "IPAddressAllow=". */
function judgedByUnit(text: string): AddressSet {
  const property = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? "";
  const [, list] = /\bALLOWED_SOURCE_IP=(\S*)/.exec(property("Environment")) ?? [];
  const byProgram = list === undefined ? EVERYBODY : networksIn(list.replaceAll(/["']/g, ""));
  const denied = without(networksIn(property("IPAddressDeny")), networksIn(property("IPAddressAllow")));
  return without(byProgram, denied);
}

function networksIn(text: string): AddressSet {
  return addressesOf(
    text.split(/[\s,]+/).flatMap((word) => {
      const network = parseNetwork(word);
      return "address" in network ? [network] : [];
    }),
  );
}
