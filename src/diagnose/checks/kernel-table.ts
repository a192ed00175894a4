/** The kernel engine's table: there where the inventory asks for it, on a host that forwards, and gone where it does not. */
import type { Audited } from "../../audit/audited.ts";
import { REMOVING } from "../../audit/compare/kernel-table.ts";
import { textOf } from "../../audit/facts.ts";
import { type Diagnosis, fine, trouble, unread } from "../diagnosis.ts";

const CODE = "kernel-table";

export function checkKernelTable(audited: Audited): readonly Diagnosis[] {
  const { facts, policy, table } = audited;
  const isAsked = policy.kernel !== undefined;
  if (table === "unread") {
    return isAsked ? [unread(CODE, facts, "nftables", "whether the kernel has the gateway's doors was not read")] : [];
  }
  if (!isAsked) return table === "absent" ? [] : [leftOver(table.line)];
  if (table === "absent") return [missing()];
  if (!isForwarding(audited)) return [notForwarding()];
  return [fine(CODE, "the kernel has the gateway's doors", { source: "nft -j list ruleset", line: table.line })];
}

function leftOver(line: string): Diagnosis {
  return trouble(CODE, {
    what: "a table of the kernel engine stands before the relay's doors, and goes on letting in whom it let in",
    evidence: { source: "nft -j list ruleset", line },
    fix: REMOVING,
  });
}

function missing(): Diagnosis {
  return trouble(CODE, {
    what: "the inventory has the kernel engine, and the kernel has no table of it: nobody reaches a terminal",
    evidence: { source: "nft -j list ruleset", line: "no table ip ecluse" },
    fix: "systemctl status ecluse; ecluse status",
  });
}

/** Unread settings are the other checks' to tell of. */
export function isForwarding({ facts }: Audited): boolean {
  return !textOf(facts, "kernel").includes("/proc/sys/net/ipv4/ip_forward:0");
}

function notForwarding(): Diagnosis {
  return trouble(CODE, {
    what: "this host does not forward: every door of the kernel engine refuses",
    evidence: { source: "sysctl net.ipv4.ip_forward", line: "0" },
    fix: "sysctl -w net.ipv4.ip_forward=1",
  });
}
