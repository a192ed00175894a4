/** A line of `conntrack -E` or `conntrack -L`: what the kernel knows of one connection. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";

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

const STATES: ReadonlyMap<string, ConntrackState> = new Map(
  (["SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"] as const).map(
    (state) => [state, state],
  ),
);
const ZERO = "0".charCodeAt(0);
const DOT = ".".charCodeAt(0);

/**
 * Absent: the line is about something else. Read digit by digit, without taking the line to pieces, for several thousand
 * may come in a second.
 */
export function parseConntrack(line: string): ConntrackEntry | undefined {
  const there = line.indexOf(" src=");
  const back = line.indexOf(" src=", there + 1);
  const id = numberAfter(" id=", line, back, line.length);
  if (there < 0 || back < 0 || id === undefined) return undefined;
  const source = endpointOf(line, " src=", " sport=", there, back);
  const endpoint = endpointOf(line, " dst=", " dport=", there, back);
  const target = endpointOf(line, " src=", " sport=", back, line.length);
  const seenAs = endpointOf(line, " dst=", " dport=", back, line.length);
  if (source === undefined || endpoint === undefined || target === undefined || seenAs === undefined) return undefined;
  const toTarget = numberAfter(" bytes=", line, there, back);
  const toClient = numberAfter(" bytes=", line, back, line.length);
  return {
    what: whatOf(line, there),
    at: line.startsWith("[") ? Number(line.slice(1, line.indexOf("]"))) * 1_000 : undefined,
    id,
    state: STATES.get(line.slice(line.lastIndexOf(" ", there - 1) + 1, there)),
    source,
    endpoint,
    target,
    seenAs,
    mark: numberAfter(" mark=", line, back, line.length) ?? 0,
    deleted: line.includes("[USERSPACE]", back),
    bytes: toTarget === undefined || toClient === undefined ? undefined : { toTarget, toClient },
  };
}

/** After `[1795350416.014170]\t    [NEW] tcp`; a listing's line has neither. */
function whatOf(line: string, before: number): ConntrackEntry["what"] {
  const bracket = line.indexOf("[", 1);
  if (bracket < 0 || bracket > before) return "listed";
  if (line.startsWith("NEW]", bracket + 1)) return "NEW";
  return line.startsWith("UPDATE]", bracket + 1) ? "UPDATE" : "DESTROY";
}

function endpointOf(
  line: string,
  addressKey: string,
  portKey: string,
  from: number,
  before: number,
): Endpoint | undefined {
  const address = addressAfter(addressKey, line, from, before);
  const port = numberAfter(portKey, line, from, before);
  return address === undefined || port === undefined ? undefined : { address, port };
}

function numberAfter(key: string, line: string, from: number, before: number): number | undefined {
  const found = line.indexOf(key, from);
  if (found < 0 || found >= before) return undefined;
  let number = 0;
  for (let at = found + key.length; at < before; at += 1) {
    const digit = line.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    number = number * 10 + digit;
  }
  return number;
}

/** The kernel's own writing of it, so it is not examined for others. IPv6 has no dots. */
function addressAfter(key: string, line: string, from: number, before: number): Ipv4 | undefined {
  const found = line.indexOf(key, from);
  if (found < 0 || found >= before) return undefined;
  let [address, octet, dots] = [0, 0, 0];
  for (let at = found + key.length; at < before; at += 1) {
    const code = line.charCodeAt(at);
    if (code === DOT) {
      address = address * 256 + octet;
      octet = 0;
      dots += 1;
    } else if (code >= ZERO && code < ZERO + 10) octet = octet * 10 + code - ZERO;
    else break;
  }
  return dots === 3 ? ((address * 256 + octet) as Ipv4) : undefined;
}
