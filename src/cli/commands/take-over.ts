/** `ecluse take-over`: a new process of the program takes the doors of the running one; no session is cut. */
import type { TakeOverAnswer } from "../../answers/take-over.ts";
import { order, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { durationOption } from "../given.ts";
import { counted } from "../table.ts";

export const run: Run = async (invocation) => {
  const within = durationOption(invocation.options, "within");
  return print(invocation, await order(invocation, "takeOver", { within }), asText);
};

function asText({ from, to, version, sessions }: TakeOverAnswer): string {
  const left = sessions === 0 ? "no session was open" : `${counted(sessions, "session")} may finish in process ${from}`;
  return `process ${to} (version ${version}) has taken over from process ${from}; ${left}\n`;
}
