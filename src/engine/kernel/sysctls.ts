/**
 * What this host's kernel does for everybody: it is looked at, and never changed. At once, for such a file has no disk that
 * could be slow, and to wait for a thread's answer takes longer than to read it.
 */
import { readFileSync } from "node:fs";

/** What `cause` a blocked door has: this host forwards no packets. To change that makes a router of it. */
export const NOT_FORWARDING = "net.ipv4.ip_forward=0";

export function isForwarding(): boolean {
  return isOn("ipv4/ip_forward");
}

/** Whether conntrack counts the bytes of the connections that begin from now on. */
export function isCounting(): boolean {
  try {
    return isOn("netfilter/nf_conntrack_acct");
  } catch {
    // No connection was ever followed here.
    return false;
  }
}

function isOn(name: string): boolean {
  return readFileSync(`/proc/sys/net/${name}`, "utf8").trim() === "1";
}
