/** `ecluse confirm`: keeps what was applied on probation. */
import { order, print } from "../ask.ts";
import type { Run } from "../command.ts";

export const run: Run = async (invocation) =>
  print(invocation, await order(invocation, "confirm", {}), ({ number }) => `inventory ${number} is confirmed\n`);
