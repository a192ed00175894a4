/** How a terminal is, in one sentence, and where to look first when it is down. Pure. */
import type { FlowAnswer } from "../../answers.ts";
import type { Formats } from "../../times.ts";
import type { Words } from "../../words/words.ts";

export function stateSentence(flow: FlowAnswer, { terminal: { sentence, neighbours } }: Words, time: Formats): string {
  const { state, since, cause, operation, now, inside } = flow;
  const when = since === undefined ? "" : time.minute(since, now);
  switch (state) {
    case "in-session":
      return sentence["in-session"](Math.max(1, inside.length));
    case "closed":
    case "draining": {
      const at = operation === undefined ? when : time.minute(operation.at, now);
      return sentence[state](operation?.by ?? sentence.byHand, at, operation?.reason ?? "");
    }
    case "down":
      return [sentence.down(when, cause), beside(flow.neighbours, neighbours)].filter((part) => part !== "").join(" ");
    case "free":
      return sentence.free(when);
    default:
      return sentence[state];
  }
}

/** The terminals beside it say whether it is this one, or the way to the depot. */
function beside({ known, down }: FlowAnswer["neighbours"], words: Words["terminal"]["neighbours"]): string {
  if (known === 0) return "";
  if (down === 0) return words.alone(known);
  return down === known ? words.all : words.some(down, known);
}
