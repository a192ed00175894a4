/** What a call of `server.listen` asks for, in any of its spellings, and the same call on an IPv4 address. */
import { isIPv6, type ListenOptions } from "node:net";
import { parseAddress, peerAddress } from "./address.ts";
import { GuardError } from "./error.ts";
import { quoted } from "./quoted.ts";

/** A TCP port, a path of this machine's file system, or a socket that somebody opened elsewhere. */
export type ListenCall =
  | { readonly kind: "tcp"; readonly options: ListenOptions; readonly rest: readonly unknown[] }
  | { readonly kind: "path" }
  | { readonly kind: "handle" };

type Options = ListenOptions & { readonly handle?: unknown; readonly _handle?: unknown; readonly fd?: unknown };

/** Reads the arguments as Node does (`lib/net.js`, `normalizeArgs` and `Server.prototype.listen`). */
export function readListenCall(values: readonly unknown[]): ListenCall {
  const [first, second] = values;
  const rest = typeof values.at(-1) === "function" ? [values.at(-1)] : [];
  if (typeof first === "object" && first !== null) return readOptions(first, rest);
  if (typeof first === "string" && !(Number(first) >= 0)) return { kind: "path" };
  const port = typeof first === "function" || first === null || first === undefined ? 0 : (first as number);
  const backlog = [second, values[2]].map(Number).find((value) => value > 0);
  const options = { port, ...(typeof second === "string" ? { host: second } : {}) };
  return { kind: "tcp", options: backlog === undefined ? options : { ...options, backlog }, rest };
}

/** As Node does, to the letter: a handle or an `fd` that is null or a text counts for nothing there. */
function readOptions(options: Options, rest: readonly unknown[]): ListenCall {
  const asked = ([options._handle, options.handle].find(Boolean) ?? options) as Options;
  const { fd, port, path } = asked;
  if (typeof fd === "number" && fd >= 0) return { kind: "handle" };
  if ("port" in asked) return { kind: "tcp", options: { ...asked, port: port ?? 0 }, rest };
  return path === undefined ? { kind: "handle" } : { kind: "path" };
}

/**
 * The same options on IPv4: without a host, or on a wildcard, on `host`; `localhost` and `::1` are 127.0.0.1; an IPv4
 * address stays.
 * @throws GuardError `host` for any other name, which may be any address by the time it is looked up, and for IPv6.
 */
export function onIpv4(options: ListenOptions, host: string): ListenOptions {
  return { ...options, host: ipv4Host(options.host, host), ipv6Only: false };
}

/** A host of null is what a configuration file may hold; to Node it is none. */
function ipv4Host(host: string | null | undefined, instead: string): string {
  if (host === undefined || host === null || host === "" || isWildcard(host)) return instead;
  if (host === "localhost" || host === "::1") return "127.0.0.1";
  if (parseAddress(host) !== undefined) return host;
  throw new GuardError("host", `Cannot listen on ${quoted(host)}: this service listens on IPv4 addresses only`);
}

function isWildcard(host: string): boolean {
  return peerAddress(host) === 0 || (isIPv6(host) && /^[0:]+$/.test(host));
}
