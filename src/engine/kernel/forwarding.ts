/** Whether this host forwards packets at all. It is checked, and never changed: that makes a router of the host. */
import { readFile } from "node:fs/promises";

/** What `cause` a blocked door has: `sysctl net.ipv4.ip_forward` says 0. */
export const NOT_FORWARDING = "net.ipv4.ip_forward=0";

export async function isForwarding(): Promise<boolean> {
  return (await readFile("/proc/sys/net/ipv4/ip_forward", "utf8")).trim() === "1";
}
