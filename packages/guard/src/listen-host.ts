/** Where a service behind a proxy may listen: on one IPv4 address of its machine, written as such. */
import { type Ipv4, parseAddress } from "./address.ts";
import { GuardError } from "./error.ts";
import { quoted } from "./quoted.ts";

/**
 * The address to listen on. `name` is what the reader calls it: an option or an environment variable.
 * @throws GuardError `host` for an absent host, a wildcard, a name (`localhost` included: it may be an IPv6 address)
 * and an IPv6 address.
 */
export function readListenHost(host: unknown, name: string): Ipv4 {
  if (host === undefined || host === null || host === "")
    throw new GuardError("host", `${name} is absent: without a host, Node listens on every address, IPv6 included`);
  if (typeof host !== "string") throw new GuardError("host", `${name} must be an IPv4 address, not a ${typeof host}`);
  const address = parseAddress(host);
  if (address === undefined) throw new GuardError("host", `${name} must be an IPv4 address: ${quoted(host)}`);
  if (address === 0) throw new GuardError("host", `${name} is every IPv4 address of the machine: write the one to use`);
  return address;
}

/** 127.0.0.0/8 (RFC 1122 section 3.2.1.3): what comes from there comes from this machine. */
export function isLoopback(address: Ipv4): boolean {
  return address >>> 24 === 127;
}
