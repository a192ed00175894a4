/** Where something listens, as a reader knows it: the gateway, a machine, or an address. */
import { type Ipv4, formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { Subject } from "../subject.ts";

export interface Place {
  readonly address: Ipv4;
  readonly isGateway: boolean;
  readonly machine?: string;
}

/** A host may be both: a machine that carries the gateway. */
export function placeOf(address: Ipv4, { inventory: { gateway, machines } }: Subject): Place {
  const machine = machines.find((each) => each.address === address)?.name;
  return { address, isGateway: address === gateway.address, ...(machine === undefined ? {} : { machine }) };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}

/** To the minute, in UTC: `2026-12-01 17:00 UTC`. */
export function formatInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
