/**
 * Who may come, as `ecluse forward` is told: `203.0.113.7, 203.0.113.16/28, 192.0.2.44 until 2026-12-01T17:00:00Z`.
 *
 * Promises that a list with a mistake is no list: it throws, and no door opens. An empty one is valid: it names nobody.
 */
import { formatNetwork, parseNetwork } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import { parseInstant } from "../inventory/instant.ts";
import type { Grant } from "../inventory/model.ts";
import { quote } from "../inventory/quote.ts";

/** Grants whose source is the network itself. Throws `usage`. */
export function parseAllowed(text: string): readonly Grant[] {
  return text.trim() === "" ? [] : text.split(",").map((entry) => parseEntry(entry.trim()));
}

function parseEntry(entry: string): Grant {
  const [, network = "", end] = /^(\S*)(?: until (\S+))?$/.exec(entry) ?? [];
  const source = parseNetwork(network);
  if ("kind" in source) {
    const meant = source.kind === "host-bits" ? `the network is ${formatNetwork(source.meant)}` : WRITE;
    throw notAllowed(`${quote(entry)} is not an IPv4 address or network`, meant);
  }
  const until = end === undefined ? undefined : parseInstant(end);
  if (end !== undefined && until === undefined) {
    throw notAllowed(`${quote(end)} is not an instant with its time zone`, "write until 2026-12-01T18:00:00+01:00");
  }
  return { source: formatNetwork(source), ...(until === undefined ? {} : { until }) };
}

const WRITE = "write addresses and networks with commas: 203.0.113.7,203.0.113.16/28";

function notAllowed(problem: string, hint: string): EcluseError {
  return new EcluseError("usage", `Cannot let anybody in: ${problem}`, { hint });
}
