/**
 * What the kernel is told, for the program nft: the table once, and from then on what is different, element by element.
 *
 * The table stands at `prerouting priority raw` with a name of its own, beside whatever ufw and Docker have made: a packet
 * still bears the public endpoint there, and is not tracked yet. It judges packets that open a connection to a door, and no
 * other, so that whoever is inside stays inside whatever is taken out of a set. Why it is built so, and what was measured:
 * docs/decisions/shield.md.
 */
import { type Ipv4, formatAddress } from "@ecluse/guard/address";
import type { Comers, Cover } from "./cover.ts";
import { type Range, each, missing, same } from "./ranges.ts";

export const NAME = "ecluse_shield";
export const TABLE = `ip ${NAME}`;

/** Doors at which somebody was refused that are counted apart; the rest is counted together. */
export const REFUSED = "refused";
export const REFUSED_IN_ALL = "refused-in-all";
const MOST_REFUSED = 4_096;
/** nft takes 49 days at most. Milliseconds. */
const LONGEST = 30 * 86_400_000;
/** A table has an element that ends so long after the table was put up, by which it is known from a copy of it. */
export const LIFE = LONGEST;

/** Takes it away, whether or not it is there. */
export const REMOVED = `table ${TABLE}\ndelete table ${TABLE}\n`;

/**
 * An empty table in place of whatever stood there: in one transaction with what follows it, so that there is no instant
 * without. `answer`: what becomes of a refused packet. They are all counted in a set of one
 * element, which is read as the other set is, and by whose end a copy of the table is told from it.
 */
export function emptyTable(answer: "reject with tcp reset" | "drop"): string {
  return `${REMOVED}table ${TABLE} {
  set ${REFUSED_IN_ALL} { type inet_proto; flags dynamic, timeout; elements = { tcp counter timeout ${LIFE / 1_000}s } }
  set ${REFUSED} { type ipv4_addr . ipv4_addr . inet_service; size ${MOST_REFUSED}; flags dynamic, timeout; timeout 10m; }
  map doors { type ipv4_addr . inet_service : verdict; }
  map anywhere { type inet_service : verdict; }
  chain refuse {
    update @${REFUSED} { ip saddr . ip daddr . tcp dport counter }
    add @${REFUSED_IN_ALL} { meta l4proto counter }
    meta l4proto tcp ${answer}
  }
  chain arriving {
    type filter hook prerouting priority raw; policy accept;
    meta l4proto != tcp accept
    tcp flags & (fin | syn | rst | ack) != syn accept
    fib daddr type local ip daddr . tcp dport vmap @doors
    fib daddr type local tcp dport vmap @anywhere
  }
}
`;
}

/** How one cover becomes another, in one transaction; nothing where they are the same. `now`: since the epoch. */
export function difference(from: Cover, to: Cover, now: number): string {
  if (from === to) return "";
  return [
    ...changedSets(from, to, now),
    ...newLists(from, to),
    ...changedDoors(from, to),
    // Last: what nothing leads to any more can go.
    ...goneFrom(from.lists, to.lists).flatMap((list) => [
      `flush chain ${TABLE} ${list}`,
      `delete chain ${TABLE} ${list}`,
    ]),
    ...goneFrom(from.comers, to.comers).map((set) => `delete set ${TABLE} ${set}`),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function goneFrom(from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): readonly string[] {
  return [...from.keys()].filter((name) => !to.has(name));
}

/**
 * The protocol is there for the kind of set that it makes: one of several fields. To add to an interval set of one field,
 * nft reads all of it first (0.6 s at 100,000 networks, against 6 ms).
 */
function* changedSets(from: Cover, to: Cover, now: number): Iterable<string> {
  for (const [name, comers] of to.comers) {
    const before = from.comers.get(name);
    if (before !== undefined && same(before.ranges, comers.ranges)) continue;
    if (before === undefined)
      yield `add set ${TABLE} ${name} { type ipv4_addr . inet_proto; flags interval, timeout; }`;
    else yield* change("delete", name, spell(missing(before.ranges, comers.ranges)));
    const added = before === undefined ? each(comers.ranges) : missing(comers.ranges, before.ranges);
    yield* change("add", name, spell(added, timeout(comers, now)));
  }
}

function change(what: "add" | "delete", set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`${what} element ${TABLE} ${set} { ${elements.join(", ")} }`];
}

const TCP = 6;

function spell(ranges: Iterable<Range>, more = ""): readonly string[] {
  return Array.from(ranges, ({ first, last }) => {
    const end = last === first ? "" : `-${formatAddress(last as Ipv4)}`;
    return `${formatAddress(first as Ipv4)}${end} . ${TCP}${more}`;
  });
}

/** A clock that goes a little slower than the kernel's must not find itself shut out. Milliseconds. */
const GRACE = 60_000;

/** Only a second line: the process judges by the hour. What ends later than the longest ends there alone. */
function timeout({ until }: Comers, now: number): string {
  if (until === undefined || until - now > LONGEST) return "";
  return ` timeout ${Math.max(1, Math.ceil((until - now + GRACE) / 1_000))}s`;
}

function* newLists(from: Cover, to: Cover): Iterable<string> {
  for (const [list, sets] of to.lists) {
    if (from.lists.has(list)) continue;
    yield `add chain ${TABLE} ${list}`;
    for (const set of sets) yield `add rule ${TABLE} ${list} ip saddr . meta l4proto @${set} accept`;
    yield `add rule ${TABLE} ${list} goto refuse`;
  }
}

interface DoorElement {
  readonly door: string;
  readonly list: string;
}

function changedDoors(from: Cover, to: Cover): readonly string[] {
  const gone = { doors: [] as DoorElement[], anywhere: [] as DoorElement[] };
  const come = { doors: [] as DoorElement[], anywhere: [] as DoorElement[] };
  for (const [key, list] of from.doors) if (to.doors.get(key) !== list) put(gone, key, list);
  for (const [key, list] of to.doors) if (from.doors.get(key) !== list) put(come, key, list);
  return (["doors", "anywhere"] as const).flatMap((map) => [
    ...change(
      "delete",
      map,
      gone[map].map(({ door }) => door),
    ),
    ...change(
      "add",
      map,
      come[map].map(({ door, list }) => `${door} : goto ${list}`),
    ),
  ]);
}

/** A door on 0.0.0.0 is one on every address. */
function put(into: Record<"doors" | "anywhere", DoorElement[]>, key: number, list: string): void {
  const [address, port] = [Math.floor(key / 65_536), key % 65_536];
  if (address === 0) into.anywhere.push({ door: String(port), list });
  else into.doors.push({ door: `${formatAddress(address as Ipv4)} . ${port}`, list });
}
