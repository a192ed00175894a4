/** The running gateway as a witness of an acceptance run: what its sessions, journal and refusals say. */
import type { Witness } from "../accept/run.ts";
import type { PlainRow } from "../journal/format.ts";
import { ask } from "./ask.ts";
import type { Invocation } from "./command.ts";
import { withSocket } from "./control-socket.ts";

/** Refusals that are no judgement: there was no room. */
const NO_ROOM = ["terminal", "source", "sessions", "descriptors"];

/** `since`: the gateway's own clock, in milliseconds since the epoch. */
export function witness(given: Invocation, since: number): Witness {
  const invocation = withSocket(given);
  return {
    inside: (flow) => ask(invocation, "sessions", { select: flow }),
    session: async ({ flow, source, endpoint }) => {
      const { rows } = await ask(invocation, "journal", { select: flow, source, from: since, limit: 1_000 });
      // `from` also finds what began before and ended since.
      const ended = rows.find((row) => row["endpoint"] === endpoint && Date.parse(String(row["started"])) >= since);
      if (ended !== undefined) return { rule: String(ended["rule"]), outcome: String(ended["outcome"]) };
      const inside = await ask(invocation, "sessions", { select: flow });
      const open = inside.find((each) => each.source === source && each.endpoint === endpoint);
      return open === undefined ? undefined : { rule: open.rule, outcome: open.phase };
    },
    refused: async (by) => {
      const rows = await ask(invocation, "refusals", { by, from: since, limit: 1_000 });
      return new Map(rows.map((row) => [String(row[by]), judged(row)]));
    },
  };
}

/** How many of them the policy refused: `not-listed: 3, terminal: 1` -> 3. */
function judged(row: PlainRow): number {
  const reasons = String(row["reasons"]).matchAll(/([a-z-]+): (\d+)/g);
  return [...reasons].reduce((sum, [, reason = "", count]) => sum + (NO_ROOM.includes(reason) ? 0 : Number(count)), 0);
}
