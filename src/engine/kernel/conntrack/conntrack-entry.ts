/** What the kernel knows of one connection. */
import type { Endpoint } from "../../../inventory/model.ts";

export type ConntrackState =
  "SYN_SENT" | "SYN_RECV" | "ESTABLISHED" | "FIN_WAIT" | "CLOSE_WAIT" | "LAST_ACK" | "TIME_WAIT" | "CLOSE";

export interface ConntrackEntry {
  /** `listed`: from a listing. */
  readonly what: "NEW" | "UPDATE" | "DESTROY" | "listed";
  /** Milliseconds since the epoch; absent from listings. */
  readonly at: number | undefined;
  /** The kernel's number for it: 32 bits of a hash, so two that it has may bear the same. */
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

/** Whether both speak of the same till's same attempt. */
export function isSame(one: Ways, other: Ways): boolean {
  return isAt(one.source, other.source) && isAt(one.endpoint, other.endpoint);
}

type Ways = Pick<ConntrackEntry, "source" | "endpoint">;

function isAt(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}

export interface Bytes {
  readonly toTarget: number;
  readonly toClient: number;
}
