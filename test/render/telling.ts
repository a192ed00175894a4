/** What a back-end's lists are judged by: the addresses where one could be wrong, and what the policy says of each. */
import assert from "node:assert/strict";
import { type Ipv4, lastAddress } from "@ecluse/guard/address";
import type { Service } from "../../src/inventory/model.ts";
import { judge } from "../../src/policy/decide.ts";
import type { Subject } from "../../src/render/subject.ts";
import { AT } from "./subjects.ts";

/** The ends of every network, and their neighbours. */
export function telling({ inventory }: Subject): readonly Ipv4[] {
  const ends = inventory.sources.flatMap(({ networks }) =>
    networks.flatMap((each) => [each.address, lastAddress(each)]),
  );
  const near = ends.flatMap((address) => [address - 1, address, address + 1]);
  // From the first and the last of all no connection comes.
  return [...new Set(near)].filter((address) => address > 0 && address < 2 ** 32 - 1) as Ipv4[];
}

export function mayEnter({ name }: Service, address: Ipv4, { policy }: Subject): boolean {
  const flow = policy.flows.find(({ id }) => id === `service/${name}`) ?? assert.fail(name);
  return judge(flow, address, AT).permit;
}
