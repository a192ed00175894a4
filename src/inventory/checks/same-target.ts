/** Two terminals behind one address and port: a copied line, or two doors to one device. */
import { contains, formatAddress } from "@ecluse/guard/address";
import type { Facts, FlowFact } from "../facts.ts";
import { formatPlace } from "../finding.ts";
import { depotNetwork } from "../numbering.ts";
import { placeOf } from "../tree.ts";

export function checkSameTarget(facts: Facts): void {
  const seen = new Map<number, FlowFact>();
  for (const flow of facts.flows) {
    if (flow.kind !== "terminal" || flow.target === undefined || !hasPlace(facts, flow)) continue;
    const { address, port } = flow.target;
    const key = address * 65_536 + port;
    const first = seen.get(key);
    seen.set(key, first ?? flow);
    if (first === undefined) continue;
    // The one whose address was written is the one to mend; the other may only follow the plan.
    const [odd, other] = flow.targetWritten ? [flow, first] : [first, flow];
    const place = formatPlace(placeOf(facts.spot(other.targetPath)));
    const message = `${odd.id} and ${other.id} (at ${place}) both lead to ${formatAddress(address)}:${port}`;
    facts.complain({ code: "same-target", path: odd.targetPath, message, hint: "give each terminal its own address" });
  }
}

/** A planned address beyond its depot was complained of already, and belongs to nobody. */
function hasPlace({ inventory }: Facts, { target, targetWritten, depot }: FlowFact): boolean {
  if (targetWritten || target === undefined || depot === undefined) return true;
  return contains(depotNetwork(inventory.gateway.terminals.network, depot), target.address);
}
