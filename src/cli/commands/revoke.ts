/** `ecluse revoke ID`: ends a temporary grant before its time. */
import { order, print } from "../ask.ts";
import type { Run } from "../command.ts";

export const run: Run = async (invocation) => {
  const [id = ""] = invocation.operands;
  return print(invocation, await order(invocation, "revoke", { id }), (revoked) => `${revoked.id} is revoked\n`);
};
