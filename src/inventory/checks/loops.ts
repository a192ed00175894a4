/** A target that is one of our own listeners: a connection would come in again, until nothing is left. */
import { contains, formatAddress, type Network, parseNetwork } from "@ecluse/guard/address";
import type { Facts } from "../facts.ts";
import type { Endpoint } from "../model.ts";

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

export function checkLoops(facts: Facts): void {
  const relayed = facts.flows.filter((flow) => flow.relayed);
  const doors = new Map(relayed.flatMap(({ id, doors }) => doors.map((door) => [keyOf(door), id] as const)));
  const own = new Set([
    facts.inventory.gateway.address,
    ...relayed.flatMap((flow) => flow.doors.map(({ address }) => address)),
  ]);
  for (const { id, target, targetPath } of relayed) {
    if (target === undefined) continue;
    const here = own.has(target.address) || contains(LOOPBACK, target.address);
    const listener = doors.get(keyOf(target)) ?? (here ? doors.get(target.port) : undefined);
    if (listener === undefined) continue;
    const message = `${id} leads to ${formatAddress(target.address)}:${target.port}, where ${listener} is entered`;
    facts.complain({ code: "target-is-listener", path: targetPath, message, hint: "write where the flow ends" });
  }
}

/** A wildcard's key is its port alone: its address is 0. */
function keyOf({ address, port }: Endpoint): number {
  return address * 65_536 + port;
}
