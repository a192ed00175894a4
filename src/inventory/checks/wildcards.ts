/** Listening on every address of a host needs an exception: the founding rule asks for the machine's own. */
import type { Facts, Subject } from "../facts.ts";
import type { Path } from "../tree.ts";

export function checkWildcards(facts: Facts): void {
  if (facts.inventory.gateway.address === 0) judge(facts, { name: "gateway" }, ["gateway", "address"]);
  for (const flow of facts.flows) {
    if (flow.kind !== "flow") continue;
    for (const door of flow.doors) if (door.address === 0) judge(facts, { flow }, door.path);
  }
}

function judge(facts: Facts, subject: Subject, path: Path): void {
  if (facts.permits("wildcard-listen", subject)) return;
  const id = subject.flow?.id ?? "gateway";
  const message = `${id} listens on 0.0.0.0: on every address of its host`;
  const hint = `write one address of the host, or add to exceptions: { rule: wildcard-listen, on: ${id}, reason: ... }`;
  facts.complain({ code: "wildcard-listen", path, message, hint });
}
