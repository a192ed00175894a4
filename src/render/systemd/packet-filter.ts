/**
 * `IPAddressAllow=`: the listening rule without code, in the kernel, for the whole unit.
 *
 * It filters both directions and knows no ports (systemd.resource-control(5)), so it needs to know whom the service calls:
 * without `outbound`, or with `outbound: any`, there is none.
 */
import { formatNetwork } from "@ecluse/guard/address";
import type { Service } from "../../inventory/model.ts";
import { merged, networksOf, type Subject } from "../subject.ts";

export function packetFilter(services: readonly Service[], subject: Subject): string {
  if (services.some(({ outbound }) => outbound === undefined)) return "";
  const called = services.flatMap(({ outbound = [] }) =>
    outbound === "any" ? [{ source: "any" }] : namesOf(outbound),
  );
  const networks = merged([
    ...services.flatMap(({ grants }) => networksOf(grants, subject)),
    ...networksOf(called, subject),
  ]);
  if (networks.some(({ prefix }) => prefix === 0)) return OPEN;
  return `${CLOSED}${networks.map((network) => `IPAddressAllow=${formatNetwork(network)}\n`).join("")}`;
}

const OPEN = `# No IPAddressDeny=: the filter knows no direction, and somebody here may be anywhere.
`;

const CLOSED = `# The outer ring, both directions: who may come, whom it calls, and this machine (its own resolver, for one).
IPAddressDeny=
IPAddressAllow=
IPAddressDeny=any
IPAddressAllow=localhost
`;

function namesOf(outbound: readonly string[]): readonly { readonly source: string }[] {
  return outbound.map((source) => ({ source }));
}
