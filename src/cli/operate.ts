/** What `drain`, `close` and `open` have in common: they put flows into a state. */
import type { Answered } from "../answers/answered.ts";
import { order, print } from "./ask.ts";
import type { Run } from "./command.ts";
import { textOption } from "./given.ts";
import { counted } from "./table.ts";

export function operate(to: Answered["operate"]["state"]): Run {
  return async (invocation) => {
    const [select = ""] = invocation.operands;
    const reason = textOption(invocation.options, "reason");
    return print(invocation, await order(invocation, "operate", { select, to, reason }), asText);
  };
}

function asText({ state, flows }: Answered["operate"]): string {
  const which = flows.length <= 8 ? flows.join(", ") : `${flows.slice(0, 7).join(", ")} and ${flows.length - 7} more`;
  return `${state}: ${counted(flows.length, "flow")}: ${which}\n`;
}
