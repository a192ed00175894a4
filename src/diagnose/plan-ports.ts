/** The first and the last public port of the plan. */
import { DEPOTS, TERMINALS, publicPortOf } from "../inventory/numbering.ts";

export const PLAN = {
  first: publicPortOf({ depot: 1, terminal: 1 }),
  last: publicPortOf({ depot: DEPOTS, terminal: TERMINALS }),
} as const;
