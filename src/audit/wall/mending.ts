/**
 * The commands that close a hole of a wall, or open one for a source of the inventory. Proposed, never run here.
 *
 * What a command would do is tried on the rules as they were read: whoever a deleted rule let in rightly is let in by
 * another command first.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import { type Ufw, type UfwLine, deleting, entryOf, lineOf } from "../parse/ufw.ts";
import { type AddressSet, intersection, isNobody, meet, networksIn, without } from "./address-set.ts";
import { type Naming, formatElement, namedElements, namingSets, setsNaming } from "./elements.ts";
import { type HostWalls, type Reach, decisionsOf, reachOf } from "./host-walls.ts";
import type { Lookup, Place, Rule } from "./ruleset.ts";
import type { Decision } from "./walk.ts";

export interface Mending {
  readonly host: HostWalls;
  readonly ufw: Ufw;
  /** For `ecluse render`: where more commands would be needed than a person reads. */
  readonly machine: string;
}

/** A door, and the senders that the command is about. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly allowed: AddressSet;
  readonly sources: AddressSet;
}

/** Most commands that are printed. */
const MOST = 24;

/** A rule that names more than this does not mean somebody. */
const MANY = 2 ** 31;

/** How many rules may let the same sender in, one behind the other. */
const PATIENCE = 8;

export function closing(mending: Mending, doors: readonly Asked[]): string {
  if (allowsAll(mending.ufw)) return DENYING;
  const removed = new Set<Rule>();
  const undone: string[] = [];
  for (let turn = 0; turn < PATIENCE; turn += 1) {
    const open = doors.filter(({ endpoint, sources }) =>
      meet(reachOf(mending.host, endpoint, removed).perhaps, sources),
    );
    if (open.length === 0) break;
    const rule = narrowest(mending.host, open, removed);
    const [naming] = open.flatMap(({ endpoint, sources }) => setsNaming(mending.host.rules, endpoint.port, sources));
    // An element of a set names fewer than a rule for all.
    if (naming !== undefined && (rule === undefined || breadth(rule) > MANY || rule === naming.rule)) {
      return written(mending, [...undone, ...taken(naming, doors)]);
    }
    if (rule === undefined) return written(mending, doors.flatMap(refusing));
    removed.add(rule);
    undone.push(undoOf(rule, mending.ufw));
  }
  const shut = doors.flatMap(({ endpoint, allowed }) => {
    const before = reachOf(mending.host, endpoint);
    const lost = intersection(without(allowed, reachOf(mending.host, endpoint, removed).perhaps), before.perhaps);
    return isNobody(lost) ? [] : [{ endpoint, allowed, sources: lost }];
  });
  return written(mending, [...openings(mending, shut, removed), ...undone]);
}

/** What makes of UFW's rules a wall again: without it, whoever no rule names comes in. */
export const DENYING = "ufw default deny incoming";

export function allowsAll({ enabled, incoming }: Ufw): boolean {
  return enabled === true && incoming === "ACCEPT";
}

export function opening(mending: Mending, doors: readonly Asked[]): string {
  return written(mending, openings(mending, doors, new Set()));
}

function openings(mending: Mending, doors: readonly Asked[], removed: ReadonlySet<Rule>): readonly string[] {
  return doors.flatMap((door) => {
    const reach = reachOf(mending.host, door.endpoint, removed);
    const drops = decidedOn(reach, door.sources).filter(({ verdict }) => verdict === "drop");
    return drops.flatMap((drop) =>
      letIn(mending, { ...door, sources: intersection(drop.sources, door.sources) }, drop),
    );
  });
}

/** Past one drop: the rule goes where it names only a few; else the senders are named before it. */
function letIn({ host, ufw }: Mending, door: Asked, { base, rule, packet }: Decision): readonly string[] {
  const { endpoint, sources } = door;
  if (rule !== undefined && isPointed(rule)) return [undoOf(rule, ufw)];
  const set = setFor(host, base.chain.place);
  if (set !== undefined) return addedTo(setPath(set.rule, set.set), set.set, door);
  const networks = networksIn(sources).map(formatNetwork);
  const { place } = base.chain;
  const to = formatAddress(packet.destination);
  if (isUfw(place, ufw, base.hook, "INPUT")) {
    // A rule of UFW that refuses is met first: the new one must stand before it.
    const before = rule?.place.chain === "ufw-user-input" ? "prepend " : "";
    return networks.map((from) => `ufw ${before}allow from ${from} to ${to} port ${endpoint.port} proto tcp`);
  }
  if (isUfw(place, ufw, base.hook, "FORWARD")) {
    const before = rule?.place.chain === "ufw-user-forward" ? "prepend " : "";
    return networks.map((from) => `ufw route ${before}allow proto tcp from ${from} to ${to} port ${packet.port}`);
  }
  if (place.program === "nft") {
    return networks.map(
      (from) => `nft insert rule ${pathOf(place)} ip saddr ${from} ip daddr ${to} tcp dport ${packet.port} accept`,
    );
  }
  return networks.map(
    (from) =>
      `${place.program} -t ${place.table} -I ${place.chain} 1 -s ${from} -d ${to} -p tcp -m tcp --dport ${packet.port} -j ACCEPT`,
  );
}

/** Before every other rule: only the sources of the inventory reach the door, whatever stands behind. */
export function refusing({ endpoint: { address, port }, allowed }: Asked): readonly string[] {
  const door = `-d ${formatAddress(address)} -p tcp -m tcp --dport ${port} --syn`;
  const rule = (words: string): string => `iptables -t raw -I PREROUTING 1 ${words}`;
  return [
    rule(`! -i lo ${door} -j DROP`),
    ...networksIn(allowed).map((network) => rule(`-s ${formatNetwork(network)} ${door} -j ACCEPT`)),
  ];
}

/** Of the rules that let somebody in, the one that names the fewest. Tailscale writes its own again. */
function narrowest(host: HostWalls, doors: readonly Asked[], removed: ReadonlySet<Rule>): Rule | undefined {
  const accepts = doors
    .slice(0, 1)
    .flatMap(({ endpoint, sources }) =>
      decidedOn(reachOf(host, endpoint, removed), sources).filter(
        ({ verdict, rule }) => verdict === "accept" && rule !== undefined,
      ),
    );
  const [first] = accepts
    .filter(({ rule }) => rule?.place.chain.startsWith("ts-") === false)
    .toSorted((a, b) => breadth(a.rule) - breadth(b.rule));
  return first?.rule;
}

/** How many senders a rule names by itself. */
function breadth(rule: Rule | undefined): number {
  const named = rule?.conditions.find(
    (each) => each.kind === "lookup" && !each.negated && each.fields.includes("source"),
  );
  if (named?.kind !== "lookup") return 2 ** 32;
  return Math.max(...named.elements.map((element) => widthOf(named, element)), 0);
}

function widthOf({ fields }: Lookup, element: Lookup["elements"][number]): number {
  const part = element[fields.indexOf("source")];
  return part !== undefined && "from" in part ? part.to - part.from + 1 : 2 ** 32;
}

/** Whether a rule drops some that it names, and not everybody who is left. */
function isPointed(rule: Rule): boolean {
  return breadth(rule) < MANY;
}

function decidedOn(reach: Reach, sources: AddressSet): readonly Decision[] {
  return decisionsOf(reach).filter((decision) => decision.base.type === "filter" && meet(decision.sources, sources));
}

/** A rule that UFW wrote is taken away by UFW: it would come back with the next reload. */
export function undoOf(rule: Rule, ufw: Ufw): string {
  const own = rule.place.chain.startsWith("ufw-") ? lineOf(ufw, rule) : undefined;
  if (own !== undefined) return `${withoutLine(own)} && ufw reload`;
  const entries = USER_CHAINS.get(rule.place.chain)?.(ufw);
  if (entries === undefined) return rule.undo;
  const entry = entryOf(entries, rule);
  return entry === undefined ? "ufw reload" : deleting(entry);
}

const USER_CHAINS: ReadonlyMap<string, (ufw: Ufw) => Ufw["entries"]> = new Map([
  ["ufw-user-input", ({ entries }: Ufw) => entries],
  ["ufw-user-forward", ({ routed }: Ufw) => routed],
]);

/** For sed, the line as it stands: what means something in its patterns, or to a shell in quotes, is any character. */
function withoutLine({ file, rule: { line } }: UfwLine): string {
  return `sed -i '/^${line.replaceAll(/[^\w ,:=!-]/g, ".")}$/d' ${file}`;
}

/** The elements that let too many in go; what the inventory has of them comes back. */
function taken({ rule, set }: Naming, doors: readonly Asked[]): readonly string[] {
  const path = setPath(rule, set);
  return doors.flatMap((door) =>
    namedElements(set, door.endpoint.port, door.sources).flatMap(({ element, sources }) => [
      `nft delete element ${path} '{ ${formatElement(set.fields, element)} }'`,
      ...addedTo(path, set, { ...door, sources: intersection(sources, door.allowed) }),
    ]),
  );
}

function setPath({ place }: Rule, { set }: Lookup): string {
  return `${place.family} ${place.table} ${set ?? ""}`;
}

/** A set of senders and ports in the table that dropped: its own way of letting in. */
function setFor({ rules }: HostWalls, place: Place): Naming | undefined {
  if (place.program !== "nft") return undefined;
  return namingSets(rules).find(
    ({ rule, set }) =>
      rule.place.family === place.family && rule.place.table === place.table && set.fields.includes("port"),
  );
}

function addedTo(path: string, { fields }: Lookup, { endpoint, sources }: Asked): readonly string[] {
  return networksIn(sources).map((network) => {
    const parts = fields.map((field) =>
      field === "source"
        ? formatNetwork(network)
        : field === "port"
          ? String(endpoint.port)
          : formatAddress(endpoint.address),
    );
    return `nft add element ${path} '{ ${parts.join(" . ")} }'`;
  });
}

function isUfw({ program, table, chain }: Place, { enabled }: Ufw, hook: string, name: "INPUT" | "FORWARD"): boolean {
  const isNamed = chain === name && hook === name.toLowerCase();
  return enabled === true && program.startsWith("iptables") && table === "filter" && isNamed;
}

function pathOf({ family, table, chain }: Place): string {
  return `${family} ${table} ${chain}`;
}

function written({ machine }: Mending, commands: readonly string[]): string {
  const once = [...new Set(commands)];
  if (once.length > 0 && once.length <= MOST) return once.join(" && ");
  const words = machine === "gateway" ? "" : ` --machine ${machine}`;
  if (once.some((command) => command.startsWith("ufw ")))
    return `ecluse render ufw${words} --out DIR/ && sh DIR/ufw/ecluse-ufw.sh`;
  return `ecluse render nftables${words} --out DIR/ && nft -f DIR/nftables/ecluse-ring.nft`;
}
