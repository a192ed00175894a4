/** The guard that a systemd unit describes: `ALLOWED_SOURCE_IP`, one address or network, or several with commas. */
import { peerAddress } from "./address.ts";
import { readAllow } from "./allow-list.ts";
import { GuardError } from "./error.ts";
import { createGuard, type Guard, guardOf, type GuardOptions } from "./guard.ts";
import { isLoopback } from "./listen-host.ts";
import { quoted } from "./quoted.ts";

export const ALLOWED_SOURCE_IP = "ALLOWED_SOURCE_IP";

export interface EnvironmentOptions extends Omit<GuardOptions, "allow"> {
  /** Where the variables are read; by default this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where the service listens: an absent variable is accepted on loopback only. */
  readonly host?: string | undefined;
  /** What an absent variable means instead: everybody. There is no other value. */
  readonly allow?: "any" | undefined;
}

/**
 * Builds the guard of `ALLOWED_SOURCE_IP`. Set, it must be valid: empty is a mistake, not an absence. Absent, a service
 * that listens on loopback is under development, and its guard lets this machine in and nobody else, so that a host
 * which was not true after all opens nothing.
 * @throws GuardError `allow` for a list that cannot be read, `environment` for an absent one where it is needed.
 */
export function guardFromEnvironment(options: EnvironmentOptions = {}): Guard {
  const { env = process.env, host, allow, ...rest } = options;
  const text = env[ALLOWED_SOURCE_IP];
  if (text !== undefined) {
    // Read twice, for the name in the message.
    readAllow(text, ALLOWED_SOURCE_IP);
    return createGuard({ allow: text, ...rest });
  }
  if (allow !== undefined) return createGuard({ allow, ...rest });
  if (host !== undefined && isLoopbackHost(host)) return guardOf(isThisMachine, rest);
  const where = host === undefined ? "the host it listens on was not given" : `it listens on ${quoted(host)}`;
  throw new GuardError(
    "environment",
    `${ALLOWED_SOURCE_IP} is absent and ${where}: set it to the proxy's address, listen on 127.0.0.1, or write allow: "any"`,
  );
}

/** The three spellings under which Node listens on loopback. */
function isLoopbackHost(host: string): boolean {
  const address = peerAddress(host);
  return host === "localhost" || host === "::1" || (address !== undefined && isLoopback(address));
}

function isThisMachine(address: string | undefined): boolean {
  const peer = peerAddress(address);
  return address === "::1" || (peer !== undefined && isLoopback(peer));
}
