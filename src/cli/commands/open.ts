/** `ecluse open SELECTOR`: opens again what was drained or closed. */
import type { Run } from "../command.ts";
import { operate } from "../operate.ts";

export const run: Run = operate("open");
