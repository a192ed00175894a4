/** The one flow that a selector names, where a question is about no more than one. */
import type { Changes } from "../change/changes.ts";
import { EcluseError } from "../errors.ts";
import type { RelayedFlow } from "../policy/policy.ts";

/** Throws `no-such-flow`, or `usage` where the selector names several. */
export function oneFlow(changes: Changes, select: string, attempt: string): RelayedFlow {
  const [flow, ...more] = changes.selected(select);
  if (flow !== undefined && more.length === 0) return flow;
  throw new EcluseError("usage", `Cannot ${attempt} ${more.length + 1} terminals at once`, { hint: "name one" });
}
