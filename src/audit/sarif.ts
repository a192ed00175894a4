/**
 * Findings as SARIF 2.1.0 (OASIS), for whatever collects reports: one run, a rule per code, what was read as the location.
 *
 * A host has no source file: the location is what was typed or read, as a logical location, and the host is part of it.
 */
import { AUDIT_CATALOGUE } from "./catalogue.ts";
import type { AuditFinding, Severity } from "./finding.ts";

const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  error: "error",
  warning: "warning",
  notice: "note",
};

export function sarifOf(findings: readonly AuditFinding[], version: string): object {
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "ecluse", version, rules: codes.map(ruleOf) } },
        results: findings.map((finding) => resultOf(finding, codes)),
      },
    ],
  };
}

function ruleOf(code: string) {
  const row = Object.entries(AUDIT_CATALOGUE).find(([known]) => known === code)?.[1];
  return { id: code, shortDescription: { text: row?.title ?? code } };
}

function resultOf({ code, severity, host, flow, message, evidence, fix }: AuditFinding, codes: readonly string[]) {
  const name = flow === undefined ? host : `${host}/${flow}`;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text: `${message}. Fix: ${fix}` },
    locations: [{ logicalLocations: [{ fullyQualifiedName: name, kind: "resource" }] }],
    properties: {
      severity,
      host,
      ...(flow === undefined ? {} : { flow }),
      read: evidence.source,
      line: evidence.line,
      fix,
    },
  };
}
