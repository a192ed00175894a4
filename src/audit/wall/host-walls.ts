/** The walls of one host as its facts tell them, and who can pass them to one door. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import { type HostFacts, reading, textOf } from "../facts.ts";
import { parseIptables } from "../parse/iptables.ts";
import { parseNftables } from "../parse/nftables.ts";
import { type Way, type Ways, deviceTo, waysOf } from "../parse/ways.ts";
import { type AddressSet, EVERYBODY, holds, isNobody, sizeOf, union, unionOf, without } from "./address-set.ts";
import { matchRule } from "./matching.ts";
import { type Surroundings, packetTo } from "./packet.ts";
import { rulesAt } from "./rules-at.ts";
import { type LedDoors, NOT_LED } from "./led-doors.ts";
import type { Rule, Walls } from "./ruleset.ts";
import { type Decision, type Passage, boundsOf, chainsOf, pass } from "./walk.ts";

export interface HostWalls {
  readonly walls: Walls;
  /** Every rule for IPv4 and for IPv6. */
  readonly rules: readonly Rule[];
  readonly ipv6: readonly Rule[];
  readonly ways: Ways;
  readonly led: LedDoors["targetOf"];
}

interface Gateways {
  /** Tables of nftables that are no walls, as `ip filter`. */
  readonly besides: readonly string[];
  readonly led: LedDoors;
}

const NOTHING: Gateways = { besides: [], led: NOT_LED };

export function hostWallsOf(facts: HostFacts, { besides, led }: Gateways = NOTHING): HostWalls {
  const nftSave = textOf(facts, "iptables-nft");
  const isNft = nftSave.includes("(nf_tables)");
  const [first, legacy] = [
    parseIptables(nftSave, isNft ? "iptables-nft" : "iptables"),
    parseIptables(textOf(facts, "iptables-legacy"), "iptables-legacy"),
  ];
  const ip6 = parseIptables(textOf(facts, "ip6tables"), "ip6tables");
  const elsewhere = isNft
    ? [...first.tables.map((name) => `ip ${name}`), ...ip6.tables.map((name) => `ip6 ${name}`)]
    : [];
  const nft = parseNftables(textOf(facts, "nftables"), [...elsewhere, ...besides]);
  // Where iptables is the legacy one, its rules were read twice.
  const parts = isNft || reading(facts, "iptables-legacy")?.failed !== undefined ? [first, legacy, nft] : [legacy, nft];
  return {
    walls: { chains: [...led.chains, ...parts.flatMap(({ chains }) => chains)] },
    rules: parts.flatMap(({ rules }) => rules),
    ipv6: [...ip6.rules, ...nft.ipv6],
    ways: waysOf(facts),
    led: led.targetOf,
  };
}

/** Who gets to a door: certainly, and perhaps; and what was decided on the way. */
export interface Reach {
  readonly open: AddressSet;
  readonly perhaps: AddressSet;
  /** Those whose connection is led elsewhere, to a container. */
  readonly translated: AddressSet;
  readonly passages: readonly Passage[];
}

/** `removed`: as if these rules were gone. */
export function reachOf(host: HostWalls, door: Endpoint, removed: ReadonlySet<Rule> = new Set()): Reach {
  const around = surroundingsOf(host, door.address);
  const passages = entriesOf(host, door.address).map(({ device, sources }) =>
    pass(host.walls, { packet: packetTo(door.address, door.port, device), sources }, { around, removed }),
  );
  const bounds = passages.map(boundsOf);
  const target = host.led(door)?.address ?? door.address;
  const elsewhere = passages.flatMap(({ arrivals }) =>
    arrivals.filter(({ packet }) => packet.destination !== door.address && packet.destination !== target),
  );
  return {
    open: unionOf(bounds.map(({ open }) => open)),
    perhaps: unionOf(bounds.map(({ perhaps }) => perhaps)),
    translated: unionOf(elsewhere.map(({ sources }) => sources)),
    passages,
  };
}

export function decisionsOf({ passages }: Reach): readonly Decision[] {
  return passages.flatMap(({ decisions }) => decisions);
}

/**
 * Whether something on this host means to keep most people from a door, wherever in its chains that stands: then a hole in
 * it is worth a word, where a host without a wall leaves the judging to the program. The kernel engine judges before all.
 */
export function isWalled(host: HostWalls, door: Endpoint): boolean {
  if (host.led(door) !== undefined) return false;
  const around = surroundingsOf(host, door.address);
  const device = host.ways.deviceOf(door.address) ?? "";
  const packet = { ...packetTo(door.address, door.port, device), tracking: "new" } as const;
  const bases = [...chainsOf(host.walls, "prerouting"), ...chainsOf(host.walls, "input")];
  if (bases.some(({ policy }) => policy === "drop")) return true;
  const drops = droppingRules(host, door.port);
  return drops.some((rule) => isMost(matchRule(rule, packet, EVERYBODY, around).may));
}

const dropping = new WeakMap<HostWalls, ReturnType<typeof chainOfDrops>>();

function droppingRules(host: HostWalls, port: number): readonly Rule[] {
  const chain = dropping.get(host) ?? chainOfDrops(host);
  dropping.set(host, chain);
  return rulesAt(chain, port);
}

/** All rules that drop, as if they stood in one chain: for its index by port. */
function chainOfDrops({ rules }: HostWalls) {
  const place = { program: "nft", family: "", table: "", chain: "" } as const;
  return { place, rules: rules.filter(({ action }) => action.kind === "drop") };
}

function isMost(set: AddressSet): boolean {
  return sizeOf(set) > 2 ** 31;
}

/** The ways to a door: interfaces that no rule tells apart are one; who has no route comes by the door's own. */
function entriesOf({ ways, walls }: HostWalls, door: Ipv4): readonly Way[] {
  const { routed, rest } = entries.get(ways) ?? alike(ways, walls);
  return isNobody(rest) ? routed : [...routed, { device: ways.deviceOf(door) ?? "", sources: rest }];
}

interface Entries {
  readonly routed: readonly Way[];
  readonly rest: AddressSet;
}

const entries = new WeakMap<Ways, Entries>();

function alike(all: Ways, walls: Walls): Entries {
  const words = namesIn(walls);
  const groups = Map.groupBy(all.ways, ({ device }) => words.filter((word) => isNamed(device, word)).join());
  const routed = [...groups.values()].map((group) =>
    group.reduce((a, b) => ({ device: a.device, sources: union(a.sources, b.sources) })),
  );
  const found = { routed, rest: without(EVERYBODY, unionOf(routed.map(({ sources }) => sources))) };
  entries.set(all, found);
  return found;
}

/** The interfaces that rules name, and lo. */
function namesIn({ chains }: Walls): readonly string[] {
  const names = new Set(["lo"]);
  const seen = new Set();
  const visit = (rules: readonly Rule[]): void => {
    for (const { conditions, action } of rules) {
      for (const condition of conditions) {
        if (condition.kind !== "lookup" || !condition.fields.includes("into")) continue;
        for (const part of condition.elements.flat()) if ("word" in part) names.add(part.word);
      }
      if (action.kind !== "jump" && action.kind !== "goto") continue;
      if (seen.has(action.target)) continue;
      seen.add(action.target);
      visit(action.target.rules);
    }
  };
  for (const { chain } of chains) visit(chain.rules);
  return [...names];
}

function isNamed(device: string, word: string): boolean {
  return word.endsWith("*") ? device.startsWith(word.slice(0, -1)) : device === word;
}

function surroundingsOf({ ways }: HostWalls, door: Ipv4): Surroundings {
  return {
    isOwn: (address) => address === door || holds(ways.own, address),
    outOf: (address) => deviceTo(ways, address),
  };
}
