/**
 * The kernel engine's table, against the doors of the inventory: each there, each leading to its terminal, no other.
 *
 * Who may enter is not compared: temporary grants and closed doors, of which the inventory says nothing, are part of it.
 */
import { type Audited, finding } from "../audited.ts";
import type { AuditFinding } from "../finding.ts";
import type { KernelTable } from "../parse/kernel-table.ts";
import { unitOf } from "../parse/units.ts";
import { tellingGateway } from "./listener-fixes.ts";
import { formatEndpoint } from "./listeners.ts";

export function compareKernelTable(audited: Audited): readonly AuditFinding[] {
  const { host, policy, table } = audited;
  if (host !== "gateway" || table === "unread") return [];
  if (policy.kernel === undefined) return table === "absent" ? [] : [leftOver(audited, table)];
  return table === "absent" ? [missing(audited)] : differing(audited, table);
}

/** What takes the relay's table away; docs/engines.md. */
export const REMOVING = "nft delete table ip ecluse";

const LISTING = "nft list table ip ecluse";

function leftOver(audited: Audited, { line }: KernelTable): AuditFinding {
  return finding(audited, "table-left-over", {
    message: "the kernel engine's table stands before the doors of the relay, and goes on letting in whom it let in",
    evidence: { source: "nft -j list ruleset", line },
    fix: REMOVING,
  });
}

function missing(audited: Audited): AuditFinding {
  return finding(audited, "table-missing", {
    message: "the kernel engine has no table here: no door of the gateway leads anywhere",
    evidence: { source: LISTING, line: "" },
    fix: unitOf(audited.facts, "ecluse")?.active === true ? "systemctl restart ecluse" : tellingGateway(audited),
  });
}

/** Most doors that a message names. */
const NAMED = 3;

function differing(audited: Audited, { targets }: KernelTable): readonly AuditFinding[] {
  const should = new Map(
    [...audited.policy.doors.values()].map(({ endpoint, flow }) => [
      formatEndpoint(endpoint),
      formatEndpoint(flow.target),
    ]),
  );
  const doors = [...new Set([...should.keys(), ...targets.keys()])];
  const lines = doors.flatMap((door) => differenceAt(door, should.get(door), targets.get(door)) ?? []);
  if (lines.length === 0) return [];
  const more = lines.length > NAMED ? `, and ${lines.length - NAMED} more` : "";
  return [
    finding(audited, "table-differs", {
      message: `the kernel's table is not what the inventory says: ${lines.slice(0, NAMED).join(", ")}${more}`,
      evidence: { source: LISTING, line: lines.join("\n") },
      fix: unitOf(audited.facts, "ecluse")?.active === false ? tellingGateway(audited) : "ecluse apply",
    }),
  ];
}

function differenceAt(door: string, should: string | undefined, is: string | undefined): string | undefined {
  if (should === is) return undefined;
  if (is === undefined) return `${door} is not there`;
  return should === undefined
    ? `${door} leads to ${is}, and nothing should`
    : `${door} leads to ${is}, not to ${should}`;
}
