/** `ecluse drain SELECTOR`: lets nobody new in; the sessions inside may finish. */
import type { Run } from "../command.ts";
import { operate } from "../operate.ts";

export const run: Run = operate("draining");
