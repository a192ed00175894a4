/** `ecluse metrics`: the running gateway's metrics, as Prometheus would read them. */
import { ask } from "../ask.ts";
import type { Run } from "../command.ts";

export const run: Run = async (invocation) => {
  invocation.io.out(await ask(invocation, "metrics", {}));
  return 0;
};
