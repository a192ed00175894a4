/**
 * The source filter of a service that only its reverse proxy may reach.
 *
 * Promises that whoever is not on the list reaches nothing of the service, whatever they send, and that a list which
 * cannot be read lets nobody in. Judges the peer of the socket and nothing else: `X-Forwarded-For` is what a stranger
 * writes. It leaves encryption, and telling apart two machines that use one address, to others.
 */
import type { Server, Socket } from "node:net";
import { peerAddress } from "./address.ts";
import { type Allow, readAllow } from "./allow-list.ts";
import { protect } from "./protect.ts";
import { inRanges } from "./ranges.ts";
import { type RefusalOptions, Refusals } from "./refusals.ts";

export interface GuardOptions extends RefusalOptions {
  /** Who may come in. `"any"`, alone, is everybody. */
  readonly allow: Allow;
  /** What a refused HTTP client gets: a 403 (the default), or a reset like every other client. */
  readonly reject?: "403" | "reset" | undefined;
}

export interface Guard {
  readonly reject: "403" | "reset";
  /** Connections and requests refused since the guard was built. */
  readonly refused: number;
  /** Whether a peer may come in, as `socket.remoteAddress` spells it; `undefined` may not. Counts nothing. */
  allows(address: string | undefined): boolean;
  /** Judges the peer of a request, and counts and tells a refusal: the second ring, for frameworks. */
  admits(request: { readonly socket?: Socket | null | undefined }): boolean;
  /** Judges every connection of the server from now on, and returns the server. See `protect`. */
  protect<S extends Server>(server: S): S;
  /** Counts and tells one refusal that the caller decided on by `allows`. */
  countRefusal(socket: Socket | undefined, at: "connection" | "request"): void;
}

/**
 * Builds a guard.
 * @throws GuardError `allow` if the list is absent, empty, or holds an entry that is no IPv4 address or network.
 */
export function createGuard(options: GuardOptions): Guard {
  const ranges = readAllow((options as Partial<GuardOptions> | undefined)?.allow, "allow");
  return guardOf(
    remembering((address) => {
      const peer = peerAddress(address);
      return ranges === "any" || (peer !== undefined && inRanges(ranges, peer));
    }),
    options,
  );
}

/**
 * A service has one proxy, or few: whoever came in last is nearly always who comes next, and comparing two texts costs
 * a third of reading one. A list never changes, so neither does a verdict.
 */
function remembering(allows: (address: string | undefined) => boolean): (address: string | undefined) => boolean {
  let last: string | undefined;
  return (address) => {
    if (address !== undefined && address === last) return true;
    const allowed = allows(address);
    if (allowed) last = address;
    return allowed;
  };
}

/** A guard with a verdict of one's own; what it does with it is the same. */
export function guardOf(
  allows: (address: string | undefined) => boolean,
  { reject = "403", ...options }: Omit<GuardOptions, "allow">,
): Guard {
  const refusals = new Refusals(options);
  const guard: Guard = {
    reject,
    allows,
    get refused() {
      return refusals.count;
    },
    countRefusal(socket, at) {
      refusals.add({ address: socket?.remoteAddress, port: socket?.localPort, at });
    },
    admits({ socket }) {
      const admitted = allows(socket?.remoteAddress);
      if (!admitted) guard.countRefusal(socket ?? undefined, "request");
      return admitted;
    },
    protect(server) {
      protect(server, guard);
      return server;
    },
  };
  return guard;
}
