/**
 * Reads who may come in, as an operator writes it.
 *
 * Promises that a list which is empty, absent or misspelt is never taken for one that lets somebody in: it throws and
 * says why. One wrong entry among good ones throws too, for whoever wrote it expects it to count.
 */
import { formatAddress, formatNetwork, type Network, parseAddress, parseNetwork, peerAddress } from "./address.ts";
import { GuardError } from "./error.ts";
import { quoted } from "./quoted.ts";
import { isEverybody, mergeRanges, type Ranges } from "./ranges.ts";

/** Addresses and networks: one, several separated by commas, or an array of these. `"any"`, alone, is everybody. */
export type Allow = string | readonly string[];

/**
 * Reads a list. Only the exact word `any`, alone, lets everybody in; networks that together hold every address do not
 * replace it. `name` is what the reader calls the list: an option or an environment variable.
 * @throws GuardError `allow` with the entry and what is wrong with it.
 */
export function readAllow(allow: unknown, name: string): Ranges | "any" {
  if (allow === "any") return "any";
  const ranges = mergeRanges(
    entriesOf(allow, name).map((entry, index) => readEntry(entry, `${name}, entry ${index + 1}`)),
  );
  if (isEverybody(ranges)) fail(`${name} holds every address there is: write "any", alone, if everybody may come in`);
  return ranges;
}

function entriesOf(allow: unknown, name: string): readonly string[] {
  if (allow === undefined || allow === null) fail(`${name} is absent: nobody could come in`);
  const texts: readonly unknown[] = Array.isArray(allow) ? allow : [allow];
  const entries = texts.flatMap((text) => {
    if (typeof text !== "string") fail(`${name} holds a ${typeof text}, not the text of an address or network`);
    return text.split(",").map((entry) => entry.trim());
  });
  if (entries.every((entry) => entry === "")) fail(`${name} is empty: nobody could come in`);
  return entries;
}

function readEntry(entry: string, where: string): Network {
  if (entry === "") fail(`${where} is empty: one comma too many`);
  if (/^any$/i.test(entry)) fail(`${where}: "any" stands alone, in lower case, or not at all`);
  const network = parseNetwork(entry);
  if (!("kind" in network)) return notUnspecified(network, where);
  switch (network.kind) {
    case "address":
      return fail(`${where} is not an IPv4 address or network: ${quoted(entry)}${meantAddress(entry)}`);
    case "prefix":
      return fail(`${where}: the prefix of ${quoted(entry)} is not a number from 0 to 32`);
    case "host-bits":
      return fail(`${where}: ${quoted(entry)} has host bits; the network is ${formatNetwork(network.meant)}`);
  }
}

/** 0.0.0.0 is where one listens, never where somebody comes from (RFC 1122 section 3.2.1.3). */
function notUnspecified(network: Network, where: string): Network {
  if (network.address === 0 && network.prefix === 32) fail(`${where}: nobody comes from 0.0.0.0`);
  return network;
}

function meantAddress(entry: string): string {
  const address = parseAddress(entry) ?? peerAddress(entry);
  return address === undefined ? "" : `; write ${formatAddress(address)}`;
}

function fail(message: string): never {
  throw new GuardError("allow", message);
}
