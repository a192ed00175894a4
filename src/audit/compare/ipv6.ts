/** Flows are IPv4: a rule that opens a door's port over IPv6 opens it to whom no inventory names. */
import { type Audited, finding } from "../audited.ts";
import type { AuditFinding } from "../finding.ts";
import { meaningOf } from "../parse/iptables.ts";
import { type Ufw, entryOf } from "../parse/ufw.ts";
import { portsOf } from "../wall/rules-at.ts";
import type { Rule } from "../wall/ruleset.ts";
import { sshDoors } from "./ssh-doors.ts";

export function compareIpv6(audited: Audited): readonly AuditFinding[] {
  const { ufw } = audited;
  const ports = new Set([...audited.doors, ...sshDoors(audited)].map(({ endpoint }) => endpoint.port));
  const open = (rule: Rule): boolean =>
    rule.action.kind === "accept" && isTcp(rule) && portsOf(rule)?.some((port) => ports.has(port)) === true;
  const loaded = audited.walls.ipv6.filter(open);
  const known = new Set(loaded.map(meaningOf));
  // What is only in the file opens with the next start.
  const written = ufw.enabled === true ? ufw.entries6.flatMap(({ rules }) => rules).filter(open) : [];
  return [...loaded, ...written.filter((rule) => !known.has(meaningOf(rule)))].map((rule) =>
    opened(audited, rule, ufw),
  );
}

/** The conditions of another protocol are known to fail. */
function isTcp({ conditions }: Rule): boolean {
  return conditions.every(({ kind }) => kind !== "never");
}

function opened(audited: Audited, rule: Rule, ufw: Ufw): AuditFinding {
  const ports = portsOf(rule) ?? [];
  const entry = entryOf(ufw.entries6, rule);
  return finding(audited, "ipv6-opened", {
    message: `a firewall rule opens ${ports.length === 1 ? `port ${String(ports[0])}` : `ports ${String(ports[0])} to ${String(ports.at(-1))}`} over IPv6`,
    evidence: { source: rule.place.program === "nft" ? "nft -a list ruleset" : "ip6tables-save", line: rule.line },
    fix: entry === undefined ? rule.undo : `ufw delete ${entry.words}`,
  });
}
