/**
 * An audit: what hosts really do, against what the inventory says.
 *
 * Pure: the same facts give the same findings, here or where somebody replays them. It finds and proposes; nothing in this
 * room writes to a host.
 */
import { escapeControls } from "../inventory/quote.ts";
import type { Inventory } from "../inventory/model.ts";
import type { Policy } from "../policy/policy.ts";
import { type Audited, auditedOf, finding } from "./audited.ts";
import { compareIpv6 } from "./compare/ipv6.ts";
import { compareKernelTable } from "./compare/kernel-table.ts";
import { compareListeners } from "./compare/listeners.ts";
import { compareNginx } from "./compare/nginx.ts";
import { compareUnits } from "./compare/units.ts";
import { compareUfw } from "./compare/ufw.ts";
import { compareWalls, isForbiddenWall } from "./compare/walls.ts";
import { type HostFacts, reading } from "./facts.ts";
import type { AuditFinding, Severity } from "./finding.ts";

export interface AuditSubject {
  readonly inventory: Inventory;
  readonly policy: Policy;
  /** Milliseconds since the epoch: which rights hold. */
  readonly at: number;
}

/** One question asked of a host; each knows nothing of the others. */
type Comparison = (audited: Audited) => readonly AuditFinding[];

const COMPARISONS: readonly Comparison[] = [
  unreadable,
  compareListeners,
  compareKernelTable,
  compareWalls,
  compareNginx,
  compareUfw,
  compareIpv6,
  compareUnits,
];

const GRAVITY: readonly Severity[] = ["critical", "error", "warning", "notice"];

/** Findings of all hosts, the gravest first. */
export function audit(hosts: readonly HostFacts[], subject: AuditSubject): readonly AuditFinding[] {
  const found = hosts.flatMap((facts) => {
    const audited = auditedOf(facts, subject);
    const silent = unasked(audited);
    if (silent !== undefined) return [silent];
    return COMPARISONS.flatMap((comparison) => comparison(audited));
  });
  return found.toSorted((a, b) => GRAVITY.indexOf(a.severity) - GRAVITY.indexOf(b.severity));
}

/** A host that did not answer at all: nothing is known of it, so nothing else is said. */
function unasked(audited: Audited): AuditFinding | undefined {
  const { source, failed } = reading(audited.facts, "host") ?? {};
  if (source === undefined || failed === undefined) return undefined;
  const said = escapeControls(failed);
  return finding(audited, "cannot-read", {
    message: `${audited.host} cannot be asked: ${said}`,
    evidence: { source, line: said },
    fix: `see what this says: ${source.replace(/ sh$/, " true")}`,
  });
}

/** Without these an audit would be silent where it should speak; others a host may well not have. */
const NEEDED: readonly string[] = ["sockets", "owners"];

function unreadable(audited: Audited): readonly AuditFinding[] {
  const needed = audited.policy.kernel === undefined ? NEEDED : [...NEEDED, "nftables"];
  return audited.facts.readings.flatMap(({ id, source, failed }) => {
    if (failed === undefined || !(needed.includes(id) || isForbiddenWall(id, failed))) return [];
    const message = `${id} could not be read on ${audited.host}: ${failed}`;
    return [finding(audited, "cannot-read", { message, evidence: { source, line: failed }, fix: "run it as root" })];
  });
}
