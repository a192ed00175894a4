/** The sessions open now. */
import type { OpenSession } from "../engine/records.ts";
import { type SessionFacts, sessionFacts } from "../observe/events.ts";
import type { Asked } from "./asked.ts";
import { scopeOf } from "./scope.ts";

export interface SessionAnswer extends SessionFacts {
  readonly phase: OpenSession["phase"];
  readonly leaving: boolean;
}

export async function sessions(
  { gateway, changes }: Asked,
  select: string | undefined,
): Promise<readonly SessionAnswer[]> {
  const { has } = scopeOf(changes, select);
  return (await gateway.openSessions()).filter(({ flow }) => has(flow)).map(sessionRow);
}

function sessionRow(session: OpenSession): SessionAnswer {
  return { ...sessionFacts(session), phase: session.phase, leaving: session.leaving };
}
