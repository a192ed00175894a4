/** A line of `conntrack -E` or `conntrack -L`: what the kernel knows of one connection. */
import type { Endpoint } from "../../inventory/model.ts";
import { Line } from "./line.ts";

export type ConntrackState =
  "SYN_SENT" | "SYN_RECV" | "ESTABLISHED" | "FIN_WAIT" | "CLOSE_WAIT" | "LAST_ACK" | "TIME_WAIT" | "CLOSE";

export interface ConntrackEntry {
  /** `listed`: from a listing. */
  readonly what: "NEW" | "UPDATE" | "DESTROY" | "listed";
  /** Milliseconds since the epoch; absent from listings. */
  readonly at: number | undefined;
  /** The kernel's number for it, unique among those that it has. */
  readonly id: number;
  /** Absent where the kernel says none that is known here. */
  readonly state: ConntrackState | undefined;
  /** As it came: from the source to the public endpoint. */
  readonly source: Endpoint;
  readonly endpoint: Endpoint;
  /** Where the answers come from. */
  readonly target: Endpoint;
  /** Where they are sent: the address that the terminal sees. */
  readonly seenAs: Endpoint;
  readonly mark: number;
  /** With `DESTROY`: a program has deleted it, no time ran out. */
  readonly deleted: boolean;
  /** Absent where the host does not count: net.netfilter.nf_conntrack_acct is off, or this is no moment to say. */
  readonly bytes: Bytes | undefined;
}

export interface Bytes {
  readonly toTarget: number;
  readonly toClient: number;
}

const STATES = (
  ["SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"] as const
).map((state) => ({ state, word: Buffer.from(` ${state}`) }));

const BRACKET = Buffer.from("[");
const NEW = Buffer.from("NEW]");
const UPDATE = Buffer.from("UPDATE]");
const SRC = Buffer.from(" src=");
const DST = Buffer.from(" dst=");
const SPORT = Buffer.from(" sport=");
const DPORT = Buffer.from(" dport=");
const PACKETS = Buffer.from(" packets=");
const BYTES = Buffer.from(" bytes=");
const MARK = Buffer.from(" mark=");
const ID = Buffer.from(" id=");
const USERSPACE = Buffer.from(" [USERSPACE]");

/** Absent: the line, which stands from `from` until before `end`, is about something else. */
export function parseConntrack(bytes: Uint8Array, from: number, end: number): ConntrackEntry | undefined {
  const line = new Line(bytes, from, end);
  const at = line.takes(BRACKET) ? line.decimal() * 1_000 : undefined;
  const what = at === undefined ? "listed" : whatOf(line);
  if (!line.goesTo(SRC)) return undefined;
  const state = STATES.find(({ word }) => line.hasBefore(word, SRC))?.state;
  const came = directionOf(line);
  if (came === undefined || !line.goesTo(SRC)) return undefined;
  const back = directionOf(line);
  const mark = line.goesTo(MARK) ? line.number() : 0;
  if (back === undefined || !line.goesTo(ID)) return undefined;
  return {
    what,
    at,
    id: line.number(),
    state,
    source: came.from,
    endpoint: came.to,
    target: back.from,
    seenAs: back.to,
    mark,
    deleted: line.goesTo(USERSPACE),
    bytes:
      came.bytes === undefined || back.bytes === undefined ? undefined : { toTarget: came.bytes, toClient: back.bytes },
  };
}

/** Of `]\t    [NEW] tcp`. */
function whatOf(line: Line): ConntrackEntry["what"] {
  line.goesTo(BRACKET);
  if (line.takes(NEW)) return "NEW";
  return line.takes(UPDATE) ? "UPDATE" : "DESTROY";
}

/** Behind `src=`; in the order in which conntrack says it, with counts where the host keeps them. */
function directionOf(line: Line): Direction | undefined {
  const from = line.address();
  if (from === undefined || !line.takes(DST)) return undefined;
  const to = line.address();
  if (to === undefined || !line.takes(SPORT)) return undefined;
  const sport = line.number();
  if (!line.takes(DPORT)) return undefined;
  const dport = line.number();
  return {
    from: { address: from, port: sport },
    to: { address: to, port: dport },
    bytes: packetsAndBytes(line),
  };
}

interface Direction {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly bytes: number | undefined;
}

function packetsAndBytes(line: Line): number | undefined {
  if (!line.takes(PACKETS)) return undefined;
  line.number();
  return line.takes(BYTES) ? line.number() : undefined;
}
