/** Terminals that are not where the numbering plan puts them: in every document, as the exceptions are. */
import type { Ipv4 } from "@ecluse/guard/address";
import { plannedAddress, type Position } from "../../inventory/numbering.ts";
import type { Subject } from "../subject.ts";
import { type Run, runsOf } from "./runs.ts";

export interface OffPlan {
  readonly position: Position;
  readonly address?: { readonly is: Ipv4; readonly planned: Ipv4 };
  readonly port?: { readonly is: number; readonly planned: number };
  readonly aliases: readonly number[];
}

/** Neighbours of one depot that differ by their port alone, and by the same, are one run. */
export function terminalsOffPlan(subject: Subject): readonly Run<OffPlan>[] {
  const rows = offPlan(subject);
  const keyOf = ({ position, address, port, aliases }: OffPlan): string =>
    address === undefined && aliases.length === 0
      ? `${position.depot} ${port?.is ?? ""}`
      : `${position.depot}-${position.terminal}`;
  return runsOf(rows, keyOf, (row, before) => row.position.terminal === before.position.terminal + 1);
}

function offPlan({ inventory: { depots, gateway } }: Subject): readonly OffPlan[] {
  const { network, firstHost, port } = gateway.terminals;
  return depots.flatMap((depot) =>
    depot.terminals.flatMap((terminal) => {
      const position = { depot: depot.number, terminal: terminal.number };
      const planned = plannedAddress(network, firstHost, position);
      const off = {
        position,
        ...(terminal.address === planned ? {} : { address: { is: terminal.address, planned } }),
        ...(terminal.port === port ? {} : { port: { is: terminal.port, planned: port } }),
        aliases: terminal.aliases,
      };
      return off.address === undefined && off.port === undefined && off.aliases.length === 0 ? [] : [off];
    }),
  );
}
