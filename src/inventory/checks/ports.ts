/** Explicit public ports: never a position of the plan, and outside it only with an exception for terminals. */
import type { Facts, FlowFact } from "../facts.ts";
import { positionOf, terminalId } from "../numbering.ts";
import type { Path } from "../tree.ts";

export function checkPorts(facts: Facts): void {
  const { address } = facts.inventory.gateway;
  const planned = new Set(facts.flows.filter(({ kind }) => kind === "terminal").map(({ doors }) => doors[0]?.port));
  for (const flow of facts.flows) {
    const explicit = flow.kind === "terminal" ? flow.doors.slice(1) : flow.doors;
    for (const door of explicit) {
      const position = positionOf(door.port);
      const ours = flow.relayed && (door.address === address || door.address === 0);
      if (position !== undefined && ours && !planned.has(door.port)) insidePlan(facts, door, terminalId(position));
      else if (position === undefined && flow.kind === "terminal") outsidePlan(facts, flow, door);
    }
  }
}

function insidePlan(facts: Facts, { port, path }: { readonly port: number; readonly path: Path }, id: string): void {
  const message = `the public port ${port} belongs to ${id} by the plan`;
  facts.complain({ code: "port-inside-plan", path, message, hint: "choose a port outside 10101 to 17299" });
}

function outsidePlan(
  facts: Facts,
  flow: FlowFact,
  { port, path }: { readonly port: number; readonly path: Path },
): void {
  if (facts.permits("port-outside-plan", { flow })) return;
  const message = `${flow.id} is also offered on ${port}, outside the plan`;
  const hint = `remove the alias, or add to exceptions: { rule: port-outside-plan, on: ${flow.id}, reason: ... }`;
  facts.complain({ code: "port-outside-plan", path, message, hint });
}
