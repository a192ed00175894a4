/** Named sources, the machines that are sources too, and the two that always exist: `depots` and `any`. */
import { type Ipv4, formatNetwork, type Network, overlaps } from "@ecluse/guard/address";
import type { Gateway, Grant, Machine, Source } from "../model.ts";
import { isReservedSource } from "../names.ts";
import { fold } from "../nearest.ts";
import { quote } from "../quote.ts";
import { declared, type Reading } from "../reading.ts";
import type { Path } from "../tree.ts";
import { accountability } from "./accountability.ts";
import { complainOfEmpty, grants } from "./grants.ts";
import { address, id, network } from "./values.ts";

const EVERYONE: Network = { address: 0 as Ipv4, prefix: 0 };
/** Sixteen million addresses: nobody's own network is wider. */
const WIDEST = 8;

export function sources(reading: Reading): readonly Source[] {
  return Object.entries(reading.data.sources ?? {}).flatMap(([name, raw]) => {
    const path = ["sources", name];
    const valid = id(reading, { text: name, path }) !== undefined && !isReserved(reading, name, path);
    if (raw.addresses.length === 0) complainOfEmpty(reading, [...path, "addresses"]);
    const networks = networksOf(reading, raw.addresses, [...path, "addresses"]);
    const about = accountability(reading, raw, path);
    return valid ? [{ name, networks, ...about }] : [];
  });
}

/** The sources by which every grant of a readable inventory can be resolved. */
export function allSources(
  named: readonly Source[],
  machines: readonly Machine[],
  gateway: Gateway,
): readonly Source[] {
  const { routers } = gateway.tunnel;
  const depots = { name: "depots", networks: routers.map((router) => ({ address: router, prefix: 32 })) };
  return [
    ...named,
    ...machines.map((machine) => ({ name: machine.name, networks: [{ address: machine.address, prefix: 32 }] })),
    ...(routers.length > 0 ? [depots] : []),
    { name: "any", networks: [EVERYONE] },
  ];
}

export function machines(reading: Reading): readonly Machine[] {
  return Object.entries(reading.data.machines ?? {}).flatMap(([name, raw]) => {
    const path = ["machines", name];
    const valid = id(reading, { text: name, path }) !== undefined && !isReserved(reading, name, path);
    const where = address(reading, { text: raw.address, path: [...path, "address"] });
    const ssh: readonly Grant[] =
      raw.ssh === undefined ? [] : grants(reading, raw.ssh.allow, [...path, "ssh", "allow"]);
    return valid && where !== undefined ? [{ name, address: where, ssh }] : [];
  });
}

function isReserved(reading: Reading, name: string, path: Path): boolean {
  const isMachine =
    path[0] === "sources" && declared(reading.root, "machines").some((other) => fold(other) === fold(name));
  if (!isReservedSource(name) && !isMachine) return false;
  const message = `${quote(name)} ${isMachine ? "is a machine, and so a source already" : "always exists as a source"}`;
  reading.complain({ code: "reserved-name", path, message, hint: "choose another name", which: "key" });
  return true;
}

function networksOf(reading: Reading, texts: readonly string[], path: Path): readonly Network[] {
  const listed = texts.flatMap((text, index) => {
    const here = [...path, index];
    const value = network(reading, { text, path: here });
    if (value !== undefined) judgeWidth(reading, value, here);
    return value === undefined ? [] : [{ network: value, index }];
  });
  judgeOverlaps(reading, listed, path);
  return listed.map(({ network }) => network);
}

interface Listed {
  readonly network: Network;
  readonly index: number;
}

/** Sorted by first address, widest first, a network lies inside the one before it or inside none: 100,000 take no time. */
function judgeOverlaps(reading: Reading, listed: readonly Listed[], path: Path): void {
  const order = (a: Listed, b: Listed): number =>
    a.network.address - b.network.address || a.network.prefix - b.network.prefix || a.index - b.index;
  let wider: Listed | undefined;
  for (const one of listed.toSorted(order)) {
    if (wider !== undefined && overlaps(wider.network, one.network)) judgePair(reading, wider, one, path);
    else wider = one;
  }
}

function judgePair(reading: Reading, wider: Listed, one: Listed, path: Path): void {
  const written = quote(formatNetwork(one.network));
  const here = [...path, one.index];
  if (wider.network.prefix === one.network.prefix) {
    reading.complain({ code: "listed-twice", path: here, message: `${written} is listed twice`, hint: "remove one" });
  } else {
    const message = `${written} lies inside ${quote(formatNetwork(wider.network))} of the same source`;
    reading.complain({ code: "networks-overlap", path: here, message, hint: "keep the one that is meant" });
  }
}

function judgeWidth(reading: Reading, value: Network, path: Path): void {
  if (value.prefix === 0 || value.prefix >= WIDEST) return;
  const message = `${quote(formatNetwork(value))} lets ${2 ** (32 - value.prefix)} addresses in`;
  reading.complain({ code: "very-wide-network", path, message, hint: "list the networks that really come" });
}
