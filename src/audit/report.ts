/** What an audit found, as data: the JSON of `ecluse audit` and of the dashboard. */
import type { HostFacts } from "./facts.ts";
import type { AuditFinding } from "./finding.ts";

export interface AuditReport {
  /** Which hosts were read, and when: ISO 8601. */
  readonly hosts: readonly { readonly host: string; readonly taken: string }[];
  /** The gravest first. */
  readonly findings: readonly AuditFinding[];
}

export function auditReport(facts: readonly HostFacts[], findings: readonly AuditFinding[]): AuditReport {
  return { hosts: facts.map(({ host, taken }) => ({ host, taken })), findings };
}
