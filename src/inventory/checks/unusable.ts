/** Addresses that no host can have, or that must never be relayed to: link-local, metadata, multicast, broadcast. */
import { contains, formatAddress, type Ipv4, lastAddress, type Network, parseNetwork } from "@ecluse/guard/address";
import type { Facts } from "../facts.ts";
import { DEPOTS, depotNetwork } from "../numbering.ts";
import { quote } from "../quote.ts";
import { isKnown } from "../resolve/gateway.ts";
import type { Path } from "../tree.ts";

/** RFC 6890 for the first four; the last four answer with a cloud host's own secrets. */
const UNUSABLE: readonly (readonly [Network, string])[] = (
  [
    ["0.0.0.0/8", "means this network"],
    ["169.254.0.0/16", "is link-local, where cloud hosts answer with their secrets"],
    ["224.0.0.0/4", "is multicast"],
    ["240.0.0.0/4", "is reserved or broadcast"],
    ["100.100.100.200", "is a cloud's metadata service"],
    ["168.63.129.16", "is a cloud's metadata service"],
    ["192.0.0.192", "is a cloud's metadata service"],
  ] as const
).map(([text, reason]) => [parseNetwork(text) as Network, reason]);

export function checkUnusable(facts: Facts): void {
  const { inventory } = facts;
  const { gateway } = inventory;
  if (isKnown(gateway) && gateway.address !== 0) judge(facts, gateway.address, ["gateway", "address"]);
  judge(facts, gateway.terminals.network.address, ["gateway", "terminals", "network"]);
  gateway.tunnel.routers.forEach((router, index) => judge(facts, router, ["gateway", "tunnel", "routers", index]));
  for (const { name, address } of inventory.machines) judge(facts, address, ["machines", name, "address"]);
  for (const { listen, name } of inventory.flows) {
    if (listen.address !== 0) judge(facts, listen.address, ["flows", name, "listen"]);
  }
  for (const flow of facts.flows) {
    if (flow.target === undefined || !flow.targetWritten) continue;
    judge(facts, flow.target.address, flow.targetPath);
    judgeInDepot(facts, flow.target.address, flow.targetPath);
  }
}

function judge(facts: Facts, address: Ipv4, path: Path): void {
  const reason = whyUnusable(address);
  if (reason !== undefined) complain(facts, path, `${quote(formatAddress(address))} ${reason}`);
}

/** Why nothing may be relayed to an address: `is multicast`; absent: nothing speaks against it. */
export function whyUnusable(address: Ipv4): string | undefined {
  return UNUSABLE.find(([network]) => contains(network, address))?.[1];
}

/** The first and the last address of a depot's /24 belong to no terminal. */
function judgeInDepot(facts: Facts, address: Ipv4, path: Path): void {
  for (let depot = 1; depot <= DEPOTS; depot += 1) {
    const network = depotNetwork(facts.inventory.gateway.terminals.network, depot);
    const what = address === network.address ? "network" : address === lastAddress(network) ? "broadcast" : undefined;
    if (what !== undefined)
      complain(facts, path, `${quote(formatAddress(address))} is the ${what} address of depot ${depot}`);
  }
}

function complain(facts: Facts, path: Path, message: string): void {
  facts.complain({ code: "address-unusable", path, message, hint: "write the address of one host" });
}
