/** The variables of a service's unit: the address it listens on, and the list of who may connect. */
import { type Network, formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Machine, Service } from "../../inventory/model.ts";
import { type Subject, networksOf } from "../subject.ts";

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/**
 * None of a service that has neither variable nor unit: it is told by a configuration of its own, as nginx is.
 * No list where nobody may connect: an empty one is a mistake to the guard (docs/guard.md).
 */
export function variablesOf(service: Service, machine: Machine, subject: Subject): readonly Variable[] {
  if (service.hostVariable === undefined && service.unit === undefined) return [];
  const list = allowedSources(networksOf(service.grants, subject));
  return [
    ...(service.hostVariable === undefined
      ? []
      : [{ name: service.hostVariable, value: formatAddress(machine.address) }]),
    ...(list === undefined ? [] : [{ name: "ALLOWED_SOURCE_IP", value: list }]),
  ];
}

/** As the guard reads it: with commas; `any`, alone, is everybody. */
function allowedSources(networks: readonly Network[]): string | undefined {
  if (networks.length === 0) return undefined;
  return networks[0]?.prefix === 0 ? "any" : networks.map(formatNetwork).join(",");
}
