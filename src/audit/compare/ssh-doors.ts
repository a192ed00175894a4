/** The SSH of a host, where the inventory says who may use it. */
import type { Audited } from "../audited.ts";
import { EVERYBODY } from "../wall/address-set.ts";
import { type GuardedDoor, addressesOfGrants } from "./guarded-doors.ts";

const SSH = 22;

/** Where sshd listens; port 22 where nobody was seen to. An inventory without `ssh` says nothing of it. */
export function sshDoors(audited: Audited): readonly GuardedDoor[] {
  const { inventory, host } = audited;
  const grants = inventory.machines.find(({ name }) => name === host)?.ssh ?? inventory.ssh;
  if (grants.length === 0) return [];
  const listening = audited.listeners.filter(({ protocol, namespace }) => protocol === "tcp" && namespace === "");
  const daemons = listening.filter(({ owner }) => owner?.program === "sshd").map(({ port }) => port);
  const allowed = addressesOfGrants(grants, audited);
  return [...new Set(daemons.length > 0 ? daemons : [SSH])].map((port) => ({
    id: "ssh",
    endpoint: { address: audited.address, port },
    allowed,
    judged: EVERYBODY,
    held: listening.some((each) => each.port === port),
  }));
}
