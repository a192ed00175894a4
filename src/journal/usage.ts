/** Which grants are used. A session still open counts once it ends: whoever lists unused grants asks the engine too. */
import type { Usage, Use } from "./rows.ts";
import type { Store } from "./store.ts";
import { DAY } from "./write.ts";

/** Grants used within the `days` before `now`. */
export function usageOf({ database, state }: Store, now: number, days: number): Usage {
  const used = database
    .prepare("SELECT flow, rule, first, last, sessions FROM grant_use WHERE last >= ? ORDER BY flow, rule")
    .all(Math.round(now - days * DAY)) as unknown as readonly Use[];
  return { since: state.number("begun"), used };
}
