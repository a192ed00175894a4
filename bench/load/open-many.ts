/** Sessions that have exchanged one request and stay open. */
import type { TargetDoor } from "./job.ts";
import { Session } from "./session.ts";

/** Opened at once, so that no backlog overflows. */
const BATCH = 32;

/** The doors in turn. */
export async function openMany(
  doors: readonly [TargetDoor, ...TargetDoor[]],
  count: number,
): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  while (sessions.length < count) {
    const batch = Array.from(
      { length: Math.min(BATCH, count - sessions.length) },
      (_, index) => new Session(doors[(sessions.length + index) % doors.length] ?? doors[0]),
    );
    await Promise.all(batch.map((session) => session.ask()));
    sessions.push(...batch);
  }
  return sessions;
}
