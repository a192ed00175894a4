/** One host as a comparison sees it: what was read of it, and what the inventory says of it. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint, Inventory, Service } from "../inventory/model.ts";
import type { Flow, Policy } from "../policy/policy.ts";
import { AUDIT_CATALOGUE, type AuditCode } from "./catalogue.ts";
import type { HostFacts } from "./facts.ts";
import type { AuditFinding } from "./finding.ts";
import { type Listener, listenersOf } from "./parse/sockets.ts";
import { kernelTableOf } from "./parse/kernel-table.ts";
import { type NginxServer, nginxOf } from "./parse/nginx.ts";
import { type Ufw, ufwOf } from "./parse/ufw.ts";
import { type HostWalls, hostWallsOf } from "./wall/host-walls.ts";
import { NOT_LED, ledDoors } from "./wall/led-doors.ts";

export interface Audited {
  readonly host: string;
  /** Its own, by the inventory. */
  readonly address: Ipv4;
  readonly facts: HostFacts;
  readonly inventory: Inventory;
  readonly policy: Policy;
  /** Milliseconds since the epoch: which rights hold. */
  readonly at: number;
  /** What should listen on this host, door by door. */
  readonly doors: readonly ExpectedDoor[];
  readonly listeners: readonly Listener[];
  readonly walls: HostWalls;
  readonly ufw: Ufw;
  /** The kernel engine's, whether it should stand or not. */
  readonly table: ReturnType<typeof kernelTableOf>;
  /** Absent: there is none, or its configuration could not be read. */
  readonly nginx?: readonly NginxServer[];
}

export interface ExpectedDoor {
  readonly flow: Flow;
  readonly endpoint: Endpoint;
  /** The service that listens itself, where it is one of the inventory's. */
  readonly service?: Service;
}

/**
 * The gateway's own tables are part of its judging, no walls before it. The kernel engine's is compared by itself, or said to
 * be left over; with the second ring come and go what the inventory's file does not say, such as temporary grants and closed doors.
 */
const ENGINE = "ip ecluse";
const SHIELD = "ip ecluse_shield";

export function auditedOf(
  facts: HostFacts,
  { inventory, policy, at }: { readonly inventory: Inventory; readonly policy: Policy; readonly at: number },
): Audited {
  const { host } = facts;
  const address = addressOf(inventory, host);
  const nginx = nginxOf(facts);
  const doors = policy.flows.flatMap((flow) => doorsOn(flow, { host, address, inventory }));
  return {
    host,
    address,
    facts,
    inventory,
    policy,
    at,
    doors,
    listeners: listenersOf(facts),
    walls: hostWallsOf(facts, {
      besides: [ENGINE, ...(inventory.gateway.shield === true ? [SHIELD] : [])],
      led: host === "gateway" ? ledDoors(policy) : NOT_LED,
    }),
    table: kernelTableOf(facts),
    ufw: ufwOf(facts),
    ...(nginx === undefined ? {} : { nginx }),
  };
}

/** What a row of the catalogue says, of this host. Its severity is the catalogue's. */
export function finding(
  { host }: Audited,
  code: AuditCode,
  said: Omit<AuditFinding, "code" | "severity" | "host">,
): AuditFinding {
  return { code, severity: AUDIT_CATALOGUE[code].severity, host, ...said };
}

function addressOf({ gateway, machines }: Inventory, host: string): Ipv4 {
  return machines.find(({ name }) => name === host)?.address ?? gateway.address;
}

interface Host {
  readonly host: string;
  readonly address: Ipv4;
  readonly inventory: Inventory;
}

/** The gateway has the relayed doors, wherever they are bound; a machine has what listens itself on its address. */
function doorsOn(flow: Flow, { host, address, inventory }: Host): readonly ExpectedDoor[] {
  if (flow.kind === "relayed") return host === "gateway" ? flow.endpoints.map((endpoint) => ({ flow, endpoint })) : [];
  const service = inventory.services.find(({ name }) => flow.id === `service/${name}`);
  return flow.endpoints
    .filter((endpoint) => endpoint.address === address && (service === undefined || host !== "gateway"))
    .map((endpoint) => ({ flow, endpoint, ...(service === undefined ? {} : { service }) }));
}
