/** The open files and sockets of this process, and how many it may have. */
import { readdir } from "node:fs/promises";
import { descriptorLimit } from "../engine/relay/ceiling.ts";

export interface Descriptors {
  /** Absent where the system does not tell. */
  readonly open?: number;
  readonly limit: number;
}

/** proc(5): one entry for each, the folder's own among them. */
export async function descriptors(): Promise<Descriptors> {
  const names = await readdir("/proc/self/fd").catch(() => undefined);
  return { limit: descriptorLimit(), ...(names === undefined ? {} : { open: names.length - 1 }) };
}
