/**
 * The rules that ufw is to have for a host, in the founding document's order: SSH, terminals, anything else.
 *
 * What the kernel engine carries ufw sees as packets that are routed, after their destination was translated: it is let
 * through to its terminal (`ufw route`), and for its public port there is no rule. From the declared sources alone, as at the
 * relay's doors: the engine's own table judges them before, but where that table is gone, a host that forwards would
 * otherwise lead anybody to the terminals. No rule names an interface: by which one a depot is reached is the routes' to say,
 * and a rule that names the tunnel would take the blame for a lost one.
 */
import { type Ipv4, type Network, formatAddress, formatNetwork } from "@ecluse/guard/address";
import { type Host, type HostDoor, SSH_PORT } from "../host.ts";
import { type Opening, openingsOf } from "../openings.ts";
import { type Passage, passagesOf } from "../passages.ts";

export interface UfwRule {
  /** Present: it is for packets that the host forwards, not for those that it receives. */
  readonly route?: true;
  /** A network; absent: any. */
  readonly from?: string;
  /** An address of the host, or the terminals that are led to; absent: any. */
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

export function rulesOf({ ssh, doors, leads }: Host): UfwRules {
  const told = new Set<string>();
  const isTerminal = ({ flow }: (typeof doors)[number]): boolean => flow.position !== undefined;
  const bySsh = { address: EVERY, first: SSH_PORT, last: SSH_PORT, comers: ssh, name: "SSH" };
  const rulesAt = (list: readonly HostDoor[]): readonly UfwRule[] => {
    const isLed = ({ flow }: HostDoor): boolean => leads && flow.kind === "relayed";
    // Two flows may lead to one terminal, and ufw has a rule once.
    const routed = passagesOf(list.filter(isLed))
      .flatMap(routesFor)
      .filter(({ from = "any", to = "any", port }) => isNew(told, `${from} ${to} ${port}`));
    return [...openingsOf(list.filter((door) => !isLed(door))).flatMap(rulesFor), ...routed];
  };
  return new Map([
    ["The administrators' SSH", rulesFor(bySsh)],
    ["Terminals", rulesAt(doors.filter(isTerminal))],
    ["Other flows", rulesAt(doors.filter((door) => !isTerminal(door)))],
  ]);
}

function isNew(told: Set<string>, words: string): boolean {
  return told.size < told.add(words).size;
}

function routesFor({ to, port, comers, name }: Passage): readonly UfwRule[] {
  return comers.map((network) => ({
    route: true,
    ...fromOf(network),
    to: formatNetwork(to),
    port: String(port),
    comment: commentOf(name),
  }));
}

/** ufw takes no apostrophe in a comment (bug 1558068 of its own tracker), and a shell ends a word with it. */
function commentOf(name: string): string {
  return `${MARK}${name.replaceAll("'", "’")}`;
}

function fromOf(network: Network): Pick<UfwRule, "from"> {
  return network.prefix === 0 ? {} : { from: formatNetwork(network) };
}

function rulesFor({ address, first, last, comers, name }: Opening): readonly UfwRule[] {
  const port = first === last ? String(first) : `${first}:${last}`;
  const to = address === EVERY ? {} : { to: formatAddress(address) };
  return comers
    .flatMap((network) => (address === EVERY ? halves(network) : network))
    .map((network) => ({ ...fromOf(network), ...to, port, comment: commentOf(name) }));
}

/** From any to any ufw opens IPv6 as well; two halves of IPv4 are IPv4. */
function halves(network: Network): readonly Network[] {
  if (network.prefix > 0) return [network];
  return [0, 2 ** 31].map((address) => ({ address: address as Ipv4, prefix: 1 }));
}
