/** The rules that ufw is to have for a host, in the founding document's order: SSH, terminals, anything else. */
import { type Ipv4, type Network, formatAddress, formatNetwork } from "@ecluse/guard/address";
import { type Host, SSH_PORT } from "../host.ts";
import { type Opening, openingsOf } from "../openings.ts";

export interface UfwRule {
  /** A network; absent: any. */
  readonly from?: string;
  /** An address of the host; absent: any. */
  readonly to?: string;
  /** `10101`, or `10101:10199`. */
  readonly port: string;
  readonly comment: string;
}

/** A heading -> its rules. */
export type UfwRules = ReadonlyMap<string, readonly UfwRule[]>;

/** How a rule of ours is told from anybody else's. */
export const MARK = "ecluse: ";

const EVERY = 0 as Ipv4;

export function rulesOf({ ssh, doors }: Host): UfwRules {
  const isTerminal = ({ flow }: (typeof doors)[number]): boolean => flow.position !== undefined;
  const bySsh = { address: EVERY, first: SSH_PORT, last: SSH_PORT, comers: ssh, name: "SSH" };
  return new Map([
    ["The administrators' SSH", rulesFor(bySsh)],
    ["Terminals", openingsOf(doors.filter(isTerminal)).flatMap(rulesFor)],
    ["Other flows", openingsOf(doors.filter((door) => !isTerminal(door))).flatMap(rulesFor)],
  ]);
}

function rulesFor({ address, first, last, comers, name }: Opening): readonly UfwRule[] {
  const port = first === last ? String(first) : `${first}:${last}`;
  // ufw takes no apostrophe in a comment (bug 1558068 of its own tracker), and a shell ends a word with it.
  const comment = `${MARK}${name.replaceAll("'", "’")}`;
  const to = address === EVERY ? {} : { to: formatAddress(address) };
  return comers
    .flatMap((network) => (address === EVERY ? halves(network) : network))
    .map((network) => {
      const from = network.prefix === 0 ? {} : { from: formatNetwork(network) };
      return { ...from, ...to, port, comment };
    });
}

/** From any to any ufw opens IPv6 as well; two halves of IPv4 are IPv4. */
function halves(network: Network): readonly Network[] {
  if (network.prefix > 0) return [network];
  return [0, 2 ** 31].map((address) => ({ address: address as Ipv4, prefix: 1 }));
}
