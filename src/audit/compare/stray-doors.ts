/** Ports of the plan that no flow has, and that a container is published on: nobody of the inventory may enter there. */
import { positionOf } from "../../inventory/numbering.ts";
import type { Audited } from "../audited.ts";
import { EVERYBODY, NOBODY } from "../wall/address-set.ts";
import { portsOf } from "../wall/rules-at.ts";
import type { GuardedDoor } from "./guarded-doors.ts";

export function strayDoors(audited: Audited): readonly GuardedDoor[] {
  if (audited.host !== "gateway") return [];
  const declared = new Set(audited.doors.map(({ endpoint }) => endpoint.port));
  const translated = audited.walls.rules
    .filter(({ action }) => action.kind === "translate")
    .flatMap((rule) => portsOf(rule) ?? []);
  return [...new Set(translated)]
    .filter((port) => !declared.has(port) && positionOf(port) !== undefined)
    .map((port) => ({
      id: `port ${port}`,
      endpoint: { address: audited.address, port },
      allowed: NOBODY,
      judged: EVERYBODY,
      held: false,
    }));
}
