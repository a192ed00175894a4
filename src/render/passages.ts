/**
 * Where the kernel engine's connections go on through the host: to terminals, each at its own address and port.
 *
 * Terminals of a depot with the same port and the same comers are joined into networks, as few as hold them and nobody
 * else: what is let through to an address that is no terminal's would be open to those comers without a door.
 */
import { type Ipv4, type Network, contains } from "@ecluse/guard/address";
import type { HostDoor } from "./host.ts";
import { depotOf, nameOf } from "./openings.ts";
import { merged } from "./subject.ts";

export interface Passage {
  readonly to: Network;
  readonly port: number;
  readonly comers: readonly Network[];
  /** As that of an opening. */
  readonly name: string;
}

/** In the order of the doors, by address and port; those of one group by the terminals' addresses. */
export function passagesOf(doors: readonly HostDoor[]): readonly Passage[] {
  const led = doors.toSorted((a, b) => a.address - b.address || a.port - b.port).flatMap(ledThrough);
  const byGroup = Map.groupBy(led, ({ door, port }) => `${depotOf(door)} ${port}`);
  return [...byGroup.values()].flatMap((group) =>
    [...Map.groupBy(group, ({ door }) => door.comers).values()].flatMap(passagesTo),
  );
}

/** A door, and where it leads. */
interface Led {
  readonly door: HostDoor;
  readonly address: Ipv4;
  readonly port: number;
}

function ledThrough(door: HostDoor): readonly Led[] {
  return door.flow.kind === "relayed" ? [{ door, ...door.flow.target }] : [];
}

function passagesTo(group: readonly Led[]): readonly Passage[] {
  const sorted = group.toSorted((a, b) => a.address - b.address);
  return merged(sorted.map(({ address }) => ({ address, prefix: 32 }))).flatMap((to) => {
    const inside = sorted.filter(({ address }) => contains(to, address));
    const [first, last = first] = [inside[0], inside.at(-1)];
    if (first === undefined || last === undefined) return [];
    const { port } = first;
    return [{ to, port, comers: first.door.comers, name: nameOf(first.door, last.door) }];
  });
}
