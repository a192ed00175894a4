/** Many connections, a bounded number at a time: each asks once, is answered, and ends. */
import type { Target, TargetDoor } from "./job.ts";
import { Session } from "./session.ts";

export interface Tally {
  readonly latencies: number[];
  readonly failures: Error[];
}

interface Connecting extends Pick<Target, "doors"> {
  readonly concurrency: number;
}

/** Opens `count` connections through the job's doors in turn; latencies are in milliseconds, from connect to closed. */
export async function connectMany({ doors, concurrency }: Connecting, count: number): Promise<Tally> {
  const tally: Tally = { latencies: [], failures: [] };
  let next = 0;
  const keepConnecting = async (): Promise<void> => {
    while (next < count) {
      const door = doors[next++ % doors.length] ?? doors[0];
      const from = performance.now();
      await connectOnce(door).then(
        () => tally.latencies.push(performance.now() - from),
        (error: unknown) => tally.failures.push(error instanceof Error ? error : new Error(String(error))),
      );
    }
  };
  await Promise.all(Array.from({ length: concurrency }, keepConnecting));
  return tally;
}

async function connectOnce(door: TargetDoor): Promise<void> {
  const session = new Session(door);
  await session.ask();
  await session.end();
}
