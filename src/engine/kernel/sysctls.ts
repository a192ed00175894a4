/** What this host's kernel does for everybody: it is looked at, and never changed. */
import { readFile } from "node:fs/promises";

/** What `cause` a blocked door has: this host forwards no packets. To change that makes a router of it. */
export const NOT_FORWARDING = "net.ipv4.ip_forward=0";

export function isForwarding(): Promise<boolean> {
  return isOn("ipv4/ip_forward");
}

/** Whether conntrack counts the bytes of the connections that begin from now on. */
export function isCounting(): Promise<boolean> {
  return isOn("netfilter/nf_conntrack_acct").catch(() => false);
}

async function isOn(name: string): Promise<boolean> {
  return (await readFile(`/proc/sys/net/${name}`, "utf8")).trim() === "1";
}
