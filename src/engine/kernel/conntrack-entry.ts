/** A line of `conntrack -E` or `conntrack -L`: what the kernel knows of one connection. */
import { parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";

export type ConntrackState =
  "SYN_SENT" | "SYN_RECV" | "ESTABLISHED" | "FIN_WAIT" | "CLOSE_WAIT" | "LAST_ACK" | "TIME_WAIT" | "CLOSE";

export interface ConntrackEntry {
  /** `listed`: from a listing. */
  readonly what: "NEW" | "UPDATE" | "DESTROY" | "listed";
  /** Milliseconds since the epoch; absent from listings. */
  readonly at?: number;
  /** The kernel's number for it, unique among those that it has. */
  readonly id: string;
  /** Absent where the kernel says none that is known here. */
  readonly state?: ConntrackState;
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
  readonly bytes?: { readonly toTarget: number; readonly toClient: number };
}

const STATES = /\b(SYN_SENT|SYN_RECV|ESTABLISHED|FIN_WAIT|CLOSE_WAIT|LAST_ACK|TIME_WAIT|CLOSE)\b/;

/** Absent: the line is about something else. */
export function parseConntrack(line: string): ConntrackEntry | undefined {
  const fields = fieldsOf(line);
  const id = fields.get("id")?.[0];
  const source = endpointOf(fields, "src", "sport", 0);
  const endpoint = endpointOf(fields, "dst", "dport", 0);
  const target = endpointOf(fields, "src", "sport", 1);
  const seenAs = endpointOf(fields, "dst", "dport", 1);
  if (id === undefined || source === undefined || endpoint === undefined) return undefined;
  if (target === undefined || seenAs === undefined) return undefined;
  const what = (/\[(NEW|UPDATE|DESTROY)\]/.exec(line)?.[1] ?? "listed") as ConntrackEntry["what"];
  const state = STATES.exec(line)?.[1] as ConntrackState | undefined;
  const at = /^\[(\d+\.\d+)\]/.exec(line)?.[1];
  return {
    ...{
      what,
      id,
      source,
      endpoint,
      target,
      seenAs,
      mark: Number(fields.get("mark")?.[0] ?? 0),
      deleted: line.includes("[USERSPACE]"),
    },
    ...(state === undefined ? {} : { state }),
    ...(at === undefined ? {} : { at: Number(at) * 1_000 }),
    ...bytesOf(fields.get("bytes")),
  };
}

/** `key=value`, each key as often as it stands there. */
function fieldsOf(line: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const [, key = "", value = ""] of line.matchAll(/([a-z]+)=(\S+)/g)) {
    const values = fields.get(key);
    if (values === undefined) fields.set(key, [value]);
    else values.push(value);
  }
  return fields;
}

function endpointOf(
  fields: ReadonlyMap<string, readonly string[]>,
  addressKey: string,
  portKey: string,
  index: number,
): Endpoint | undefined {
  const address = parseAddress(fields.get(addressKey)?.[index] ?? "");
  const port = fields.get(portKey)?.[index];
  return address === undefined || port === undefined ? undefined : { address, port: Number(port) };
}

function bytesOf(values: readonly string[] | undefined): Pick<ConntrackEntry, "bytes"> {
  const [toTarget, toClient] = values ?? [];
  if (toTarget === undefined || toClient === undefined) return {};
  return { bytes: { toTarget: Number(toTarget), toClient: Number(toClient) } };
}
