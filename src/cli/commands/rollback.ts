/** `ecluse rollback [N]`: applies an earlier inventory again, as a new one. */
import type { Answered } from "../../answers/answered.ts";
import { order, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { readNumber } from "../given.ts";

export const run: Run = async (invocation) => {
  const [text] = invocation.operands;
  const number = text === undefined ? undefined : readNumber(text, "ecluse history lists the numbers");
  return print(invocation, await order(invocation, "rollback", { number }), asText);
};

function asText({ changes, lines, number }: Answered["rollback"]): string {
  const change = changes ? lines.map((line) => `${line}\n`).join("") : "nobody gains or loses anything\n";
  return `${change}applied as inventory ${number}\n`;
}
