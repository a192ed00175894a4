/** `ecluse load`: bounded load on the doors of one's own gateway. */
import { selected } from "../../inventory/selected.ts";
import type { LoadResult } from "../../load/load.ts";
import { compile } from "../../policy/compile.ts";
import { checkedInventory } from "../checked-inventory.ts";
import type { Run } from "../command.ts";
import { loadStep, ownAddressOption } from "../load-step.ts";

export const run: Run = async (invocation) => {
  const { operands, options, io } = invocation;
  const { inventory } = checkedInventory(invocation, "load the doors of");
  const policy = compile(inventory);
  const relayed = policy.flows.filter((flow) => flow.kind === "relayed");
  const flows = selected(operands[0] ?? "", relayed);
  const result = await loadStep(invocation, { policy, flows, from: ownAddressOption(options) });
  io.out(options["json"] === undefined ? asText(result) : `${JSON.stringify(result, null, 2)}\n`);
  return Object.keys(result.failed).length > 0 ? 1 : 0;
};

function asText({ rate, lasting, doors, visits, failed, missed, p50, p99 }: LoadResult): string {
  const failures = Object.entries(failed).map(([how, count]) => `  failed: ${how}: ${count}`);
  return [
    `${visits} connections at ${rate}/s for ${lasting / 1_000} s through ${doors} doors`,
    ...(p50 === undefined ? [] : [`  p50 ${p50} ms, p99 ${p99 ?? p50} ms`]),
    ...(missed === 0 ? [] : [`  ${missed} not attempted: every terminal had a visitor`]),
    ...failures,
    "",
  ].join("\n");
}
