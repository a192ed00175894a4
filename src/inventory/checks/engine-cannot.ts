/** What the inventory asks of its engine that the engine cannot do: `src/inventory/engines.ts` says what that is. */
import { contains, type Network, parseNetwork } from "@ecluse/guard/address";
import { CAPABILITIES, type CapabilityName } from "../engines.ts";
import type { Facts, FlowFact } from "../facts.ts";
import { terminalId } from "../numbering.ts";
import type { Path } from "../tree.ts";

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

/** Limits that somebody wrote are promised; those that hold by default are not. */
const LIMITS = {
  halfClosed: "half-closed-limit",
  stalled: "stalled-limit",
  keepalive: "keepalive",
} as const satisfies Record<string, CapabilityName>;

export function checkEngineCannot(facts: Facts): void {
  const { gateway } = facts.inventory;
  if (gateway.engine !== "kernel") return;
  if (gateway.kernel === undefined && facts.data.gateway.kernel === undefined) complainOfSource(facts);
  for (const [key, capability] of Object.entries(LIMITS)) {
    if (facts.data.gateway.limits?.[key as keyof typeof LIMITS] === undefined) continue;
    complain(facts, capability, ["gateway", "limits", key]);
  }
  for (const flow of facts.flows) if (flow.relayed) checkFlow(facts, flow);
  checkQueues(facts);
  checkHeaders(facts);
}

function complainOfSource(facts: Facts): void {
  const message = "the kernel engine does not know from which address terminals are to see sessions come";
  const hint = "write gateway.kernel.source: an address of this host towards the depots, or preserved";
  facts.complain({ code: "engine-cannot", path: ["gateway", "engine"], message, hint });
}

function checkFlow(facts: Facts, { doors, target, targetPath }: FlowFact): void {
  for (const { address, path } of doors) if (address === 0) complain(facts, "everywhere", path);
  if (target !== undefined && contains(LOOPBACK, target.address)) complain(facts, "loopback", targetPath);
}

function checkQueues(facts: Facts): void {
  const queued = facts.inventory.depots.flatMap(({ number: depot, terminals }) =>
    terminals.filter(({ queue }) => queue !== undefined).map(({ number: terminal }) => terminalId({ depot, terminal })),
  );
  for (const { id, path } of facts.flows) if (queued.includes(id)) complain(facts, "queue", path);
  for (const { name, queue } of facts.inventory.flows)
    if (queue !== undefined) complain(facts, "queue", ["flows", name, "busy"]);
}

function checkHeaders(facts: Facts): void {
  for (const { name, acceptProxy, sendProxy } of facts.inventory.flows) {
    if (acceptProxy !== undefined) complain(facts, "accept-proxy", ["flows", name, "acceptProxy"]);
    if (sendProxy !== undefined) complain(facts, "send-proxy", ["flows", name, "sendProxy"]);
  }
}

function complain(facts: Facts, name: CapabilityName, path: Path): void {
  const { what, kernel } = CAPABILITIES[name];
  const hint = kernel.is === "unsupported" ? kernel.instead : "use the relay";
  facts.complain({ code: "engine-cannot", path, message: `the kernel engine cannot do this: ${what}`, hint });
}
