/** `ecluse sessions [SELECTOR]`: what is open now. */
import type { SessionAnswer } from "../../answers/sessions.ts";
import { ask, print } from "../ask.ts";
import type { Run } from "../command.ts";
import { formatBytes, formatSpan, formatTable } from "../table.ts";

export const run: Run = async (invocation) => {
  const [select] = invocation.operands;
  return print(invocation, await ask(invocation, "sessions", { select }), asText);
};

const HEADER = ["FLOW", "SOURCE", "RULE", "AGE", "TO IT", "BACK", "PHASE"];

function asText(sessions: readonly SessionAnswer[]): string {
  return sessions.length === 0 ? "no session is open\n" : formatTable(HEADER, sessions.map(cells));
}

function cells({ flow, source, rule, duration, bytesToTarget, bytesToClient, phase, leaving }: SessionAnswer) {
  const sizes = [bytesToTarget, bytesToClient].map(formatBytes);
  return [flow, source, rule, formatSpan(duration), ...sizes, leaving ? `${phase}, leaving` : phase];
}
