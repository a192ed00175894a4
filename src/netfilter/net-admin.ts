/** Whether this process may read and change the kernel's packet filter: without the right, even reading is refused. */
import { readFileSync } from "node:fs";

/** CAP_NET_ADMIN, capability 12: capabilities(7). */
const BIT = 1n << 12n;

/** `status`: /proc/PID/status; default: this process's. Where it says nothing, only trying tells: then true. */
export function hasNetAdmin(status: string = readStatus()): boolean {
  const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return effective === undefined || (BigInt(`0x${effective}`) & BIT) !== 0n;
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}
