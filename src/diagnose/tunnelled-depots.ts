/** The depots behind the tunnel, and how several are named in one sentence. */
import { type Ipv4, contains, parseNetwork } from "@ecluse/guard/address";
import type { Inventory } from "../inventory/model.ts";
import { plannedAddress } from "../inventory/numbering.ts";

export interface TunnelledDepot {
  readonly number: number;
  /** Its first terminal's. */
  readonly address: Ipv4;
}

/** Those whose terminals are on loopback (a demo, a trial) are behind no tunnel. */
export function tunnelledDepots({ depots, gateway }: Inventory): readonly TunnelledDepot[] {
  const { network, firstHost } = gateway.terminals;
  return depots
    .map(({ number, terminals: [first] }) => ({
      number,
      address: first?.address ?? plannedAddress(network, firstHost, { depot: number, terminal: 1 }),
    }))
    .filter(({ address }) => !isLoopback(address));
}

/** `depot 22`, `depots 1, 2, 3 and 69 more`. */
export function depotNames(numbers: readonly number[]): string {
  const shown = numbers.length <= 8 ? numbers : numbers.slice(0, 7);
  const more = numbers.length - shown.length;
  return `depot${numbers.length === 1 ? "" : "s"} ${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}

const LOOPBACK = parseNetwork("127.0.0.0/8");

export function isLoopback(address: Ipv4): boolean {
  return !("kind" in LOOPBACK) && contains(LOOPBACK, address);
}
