/** Where terminals may stand: in their depot's network and not on this host, unless an exception says so. */
import { contains, formatAddress, formatNetwork, type Network, parseNetwork } from "@ecluse/guard/address";
import type { Facts, FlowFact } from "../facts.ts";
import type { ExceptionRule } from "../model.ts";
import { depotNetwork } from "../numbering.ts";
import { quote } from "../quote.ts";

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

export function checkTerminalAddresses(facts: Facts): void {
  for (const flow of facts.flows) {
    if (flow.depot === undefined || flow.target === undefined) continue;
    const { address } = flow.target;
    const home = depotNetwork(facts.inventory.gateway.terminals.network, flow.depot);
    const written = quote(formatAddress(address));
    if (contains(LOOPBACK, address) && !facts.permits("terminal-on-loopback", { flow })) {
      complain(facts, flow, "terminal-on-loopback", `${flow.id} stands on loopback, at ${written}`);
    }
    if (flow.targetWritten && !contains(home, address) && !facts.permits("terminal-outside-network", { flow })) {
      const message = `${flow.id} stands at ${written}, outside its depot's ${formatNetwork(home)}`;
      complain(facts, flow, "terminal-outside-network", message);
    }
  }
}

function complain(facts: Facts, flow: FlowFact, rule: ExceptionRule, message: string): void {
  const hint = `correct the address, or add to exceptions: { rule: ${rule}, on: ${flow.id}, reason: ... }`;
  facts.complain({ code: rule, path: flow.targetPath, message, hint });
}
