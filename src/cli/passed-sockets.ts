/** Sockets that the service manager has opened for this process: sd_listen_fds(3). */
import type { Inherited } from "../engine/engine.ts";
import { listeningSockets } from "../take-over/listening.ts";

/** The first descriptor that is passed. */
const FIRST = 3;

/**
 * Those that listen on IPv4, by what they are bound to; their names do not matter. Sockets meant for another process (by
 * LISTEN_PID) are not ours. The variables are removed, so that no program started by this one takes them for its own.
 */
export async function passedSockets(env: NodeJS.ProcessEnv): Promise<Inherited> {
  const [pid, count] = [Number(env["LISTEN_PID"]), Number(env["LISTEN_FDS"])];
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) Reflect.deleteProperty(env, name);
  if (pid !== process.pid || !(count > 0)) return new Map();
  const passed = [...(await listeningSockets())].filter(([, { fd }]) => fd >= FIRST && fd < FIRST + count);
  return new Map(passed);
}
