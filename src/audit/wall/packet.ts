/** The first packet of a TCP connection, but for who sends it. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Field } from "./ruleset.ts";

export interface Packet {
  readonly destination: Ipv4;
  readonly port: number;
  /** What the client asked for: a translation keeps it. */
  readonly originalDestination: Ipv4;
  readonly originalPort: number;
  /** The interface by which it comes. */
  readonly into: string;
  /** `none`: conntrack has not seen it yet. */
  readonly tracking: "none" | "new" | "untracked";
  readonly mark: number;
}

/** What the host knows of addresses. */
export interface Surroundings {
  readonly isOwn: (address: Ipv4) => boolean;
  /** The interface by which packets to it leave; absent: no route. */
  readonly outOf: (address: Ipv4) => string | undefined;
}

export function packetTo(destination: Ipv4, port: number, into: string): Packet {
  return {
    destination,
    port,
    originalDestination: destination,
    originalPort: port,
    into,
    tracking: "none",
    mark: 0,
  };
}

export function isTranslated({ destination, port, originalDestination, originalPort }: Packet): boolean {
  return destination !== originalDestination || port !== originalPort;
}

/** What the packet has in a field; several words where each would match; `undefined`: not known. */
export function valuesOf(
  field: Exclude<Field, "source">,
  packet: Packet,
  { isOwn, outOf }: Surroundings,
): readonly (number | string)[] | undefined {
  switch (field) {
    case "destination":
      return [packet.destination];
    case "port":
      return [packet.port];
    case "original-destination":
      return packet.tracking === "none" ? [] : [packet.originalDestination];
    case "original-port":
      return packet.tracking === "none" ? [] : [packet.originalPort];
    case "into":
      return [packet.into];
    case "out":
      return isOwn(packet.destination) ? [] : known(outOf(packet.destination));
    // nft(8): without an entry of conntrack the state is invalid.
    case "state":
      return [packet.tracking === "none" ? "invalid" : packet.tracking, ...statusOf(packet)];
    case "status":
      return statusOf(packet);
    case "kind":
      return [isOwn(packet.destination) ? "local" : "unicast"];
  }
}

function statusOf(packet: Packet): readonly string[] {
  return isTranslated(packet) ? ["dnat"] : [];
}

function known(device: string | undefined): readonly string[] | undefined {
  return device === undefined ? undefined : [device];
}
