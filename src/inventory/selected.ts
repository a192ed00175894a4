/** The flows that an operator means, or an error that says which ones there are. */
import { EcluseError } from "../errors.ts";
import { type Selectable, nearestIds, parseSelector, selects } from "./selector.ts";

/** Those that the selector names, in their order. Throws `no-such-flow`, with the nearest names, where there is none. */
export function selected<T extends Selectable>(text: string, flows: readonly T[]): readonly T[] {
  const selector = parseSelector(text);
  const found = selector === undefined ? [] : flows.filter((flow) => selects(selector, flow));
  if (found.length > 0) return found;
  const near = nearestIds(text, [...new Set(flows.map(({ id }) => id))]);
  const hint = near.length === 0 ? "ecluse check --show lists the flows" : `did you mean ${near.join(", ")}?`;
  throw new EcluseError("no-such-flow", `Cannot find "${text}": no relayed flow has that name or place`, { hint });
}
