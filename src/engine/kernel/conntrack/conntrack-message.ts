/**
 * The kernel's messages about connections, and ours to it: linux/netfilter/nfnetlink_conntrack.h, from which the numbers
 * are.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../../../inventory/model.ts";
import type { Bytes, ConntrackEntry, ConntrackState } from "./conntrack-entry.ts";
import {
  DUMP,
  attribute,
  flagsOf,
  long,
  nested,
  placeMessage,
  placeNested,
  portOf,
  quad,
  request,
  sequenceOf,
  short,
  typeOf,
  value,
} from "../../../netfilter/netlink/netlink-message.ts";

const CONNTRACK = 1 << 8;
const NEW = CONNTRACK;
const GET = CONNTRACK | 1;
const DELETE = CONNTRACK | 2;
/** NLM_F_CREATE and NLM_F_EXCL: it was not there before. */
const CREATED = 0x600;
const TCP = 6;
/** In a status: its destination is translated, as that of all of ours is. */
const TRANSLATED = 1 << 5;

/** What a connection has. */
const OF = {
  way: 1,
  wayBack: 2,
  status: 3,
  protocol: 4,
  mark: 8,
  countsThere: 9,
  countsBack: 10,
  id: 12,
  statusMask: 26,
} as const;
/** What a way has, and its addresses and ports have. */
const OF_WAY = { addresses: 1, ports: 2 } as const;
const OF_ADDRESSES = { from: 1, to: 2 } as const;
const OF_PORTS = { protocol: 1, from: 2, to: 3 } as const;
const OF_PROTOCOL = { tcp: 1 } as const;
const OF_TCP = { state: 1 } as const;
const OF_COUNTS = { bytes: 2 } as const;

/** By the kernel's number. */
const STATES: readonly (ConntrackState | undefined)[] = [
  undefined,
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
];

/** Written anew for each message, so that none needs memory of its own. */
const [its, inner, innermost] = [new Int32Array(OF.statusMask), new Int32Array(4), new Int32Array(4)];

/** `heardAt`: milliseconds since the epoch. Absent: it is about something else than a translated connection of TCP. */
export function entryOf(bytes: Uint8Array, at: number, heardAt: number): ConntrackEntry | undefined {
  const type = typeOf(bytes, at);
  if (type !== NEW && type !== DELETE) return undefined;
  placeMessage(bytes, at, its);
  if ((long(bytes, its[OF.status]) & TRANSLATED) === 0) return undefined;
  const there = wayOf(bytes, its[OF.way]);
  const back = wayOf(bytes, its[OF.wayBack]);
  if (there === undefined || back === undefined) return undefined;
  const isListed = sequenceOf(bytes, at) !== 0;
  return {
    what: isListed ? "listed" : whatOf(bytes, at),
    at: isListed ? undefined : heardAt,
    id: long(bytes, its[OF.id]),
    state: stateOf(bytes, its[OF.protocol]),
    source: there.from,
    endpoint: there.to,
    target: back.from,
    seenAs: back.to,
    mark: long(bytes, its[OF.mark]),
    deleted: type === DELETE && portOf(bytes, at) !== 0,
    bytes: bytesOf(bytes),
  };
}

function whatOf(bytes: Uint8Array, at: number): ConntrackEntry["what"] {
  if (typeOf(bytes, at) === DELETE) return "DESTROY";
  return (flagsOf(bytes, at) & CREATED) === 0 ? "UPDATE" : "NEW";
}

interface Way {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Absent: it is not one of TCP over IPv4. */
function wayOf(bytes: Uint8Array, place: number | undefined): Way | undefined {
  placeNested(bytes, place, inner);
  placeNested(bytes, inner[OF_WAY.addresses], innermost);
  const [from, to] = [innermost[OF_ADDRESSES.from], innermost[OF_ADDRESSES.to]];
  placeNested(bytes, inner[OF_WAY.ports], innermost);
  const protocol = innermost[OF_PORTS.protocol];
  if (!from || !to || !protocol || bytes[protocol] !== TCP) return undefined;
  return {
    from: { address: long(bytes, from) as Ipv4, port: short(bytes, innermost[OF_PORTS.from]) },
    to: { address: long(bytes, to) as Ipv4, port: short(bytes, innermost[OF_PORTS.to]) },
  };
}

function stateOf(bytes: Uint8Array, place: number | undefined): ConntrackState | undefined {
  placeNested(bytes, place, inner);
  placeNested(bytes, inner[OF_PROTOCOL.tcp], innermost);
  const state = innermost[OF_TCP.state];
  return state ? STATES[bytes[state] ?? 0] : undefined;
}

function bytesOf(bytes: Uint8Array): Bytes | undefined {
  const toTarget = countOf(bytes, its[OF.countsThere]);
  const toClient = countOf(bytes, its[OF.countsBack]);
  return toTarget === undefined || toClient === undefined ? undefined : { toTarget, toClient };
}

function countOf(bytes: Uint8Array, place: number | undefined): number | undefined {
  if (!place) return undefined;
  placeNested(bytes, place, inner);
  return inner[OF_COUNTS.bytes] ? quad(bytes, inner[OF_COUNTS.bytes]) : undefined;
}

/** Asks for every connection that is translated. A kernel before 5.17 answers with the others, too. */
export function listRequest(sequence: number): Uint8Array {
  const translated = value(TRANSLATED, 4);
  return request(GET, DUMP, sequence, [attribute(OF.status, translated), attribute(OF.statusMask, translated)]);
}

/** Has the kernel forget a connection: this very one, should others have taken its place. */
export function deleteRequest(sequence: number, { source, endpoint, id }: Named): Uint8Array {
  const addresses = [
    attribute(OF_ADDRESSES.from, value(source.address, 4)),
    attribute(OF_ADDRESSES.to, value(endpoint.address, 4)),
  ];
  const ports = [
    attribute(OF_PORTS.protocol, value(TCP, 1)),
    attribute(OF_PORTS.from, value(source.port, 2)),
    attribute(OF_PORTS.to, value(endpoint.port, 2)),
  ];
  const way = nested(OF.way, [nested(OF_WAY.addresses, addresses), nested(OF_WAY.ports, ports)]);
  return request(DELETE, 0, sequence, [way, attribute(OF.id, value(id, 4))]);
}

type Named = Pick<ConntrackEntry, "source" | "endpoint" | "id">;
