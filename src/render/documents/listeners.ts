/** What listens where, and who may connect to it: a row for each door of the gateway and each service of a machine. */
import type { Flow } from "../../policy/policy.ts";
import type { Right, Subject } from "../subject.ts";
import { type FlowRow, SSH_PORT, labelsOf, rememberedRights } from "./flow-rows.ts";
import { placeOf } from "./place.ts";
import { rightsOf } from "../subject.ts";

/** The parts of a flow's row that do not depend on who comes. */
export type Listener = Pick<FlowRow, "flow" | "place" | "port" | "target" | "position" | "label" | "through"> & {
  readonly rights: readonly Right[];
};

export function listenersOf(subject: Subject): readonly Listener[] {
  const { inventory, policy } = subject;
  const rightsAt = rememberedRights(subject);
  const labels = labelsOf(subject);
  return [
    ...sshListeners(subject),
    ...policy.flows.flatMap((flow) =>
      flow.endpoints.map(({ address, port }) => ({
        flow: flow.id,
        place: placeOf(address, subject),
        port,
        rights: rightsAt(flow.grants),
        ...facts(flow, labels.get(flow.id)),
      })),
    ),
  ].toSorted((a, b) => rank(a, inventory.gateway.address) - rank(b, inventory.gateway.address));
}

function facts(flow: Flow, label: string | undefined): Pick<Listener, "target" | "position" | "label" | "through"> {
  const relayed = flow.kind === "relayed" ? flow : undefined;
  return {
    through: (relayed?.acceptProxy ?? []).map(({ name }) => name),
    ...(relayed === undefined ? {} : { target: relayed.target }),
    ...(flow.position === undefined ? {} : { position: flow.position }),
    ...(label === undefined ? {} : { label }),
  };
}

/** SSH listens where the inventory speaks of it. */
function sshListeners(subject: Subject): readonly Listener[] {
  const { gateway, ssh, machines } = subject.inventory;
  const hosts = [
    { name: "ssh", address: gateway.address, grants: ssh },
    ...machines.map(({ name, address, ssh: grants }) => ({ name: `ssh/${name}`, address, grants })),
  ];
  return hosts
    .filter(({ grants }) => grants.length > 0)
    .map(({ name, address, grants }) => ({
      flow: name,
      place: placeOf(address, subject),
      port: SSH_PORT,
      through: [],
      rights: rightsOf(grants, subject),
    }));
}

/** The gateway first, then machine by machine as they were written. */
function rank({ place }: Listener, gateway: number): number {
  return place.address === gateway ? -1 : 0;
}
