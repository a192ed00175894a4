/** `ecluse close SELECTOR`: lets nobody in; the sessions inside end by their flow's `onRevoke`. */
import type { Run } from "../command.ts";
import { operate } from "../operate.ts";

export const run: Run = operate("closed");
