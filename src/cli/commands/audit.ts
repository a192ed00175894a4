/** `ecluse audit`: what hosts really do, against what the inventory says. */
import { audit } from "../../audit/audit.ts";
import type { HostFacts } from "../../audit/facts.ts";
import type { AuditFinding } from "../../audit/finding.ts";
import { auditPage } from "../../audit/html.ts";
import { auditReport } from "../../audit/report.ts";
import { sarifOf } from "../../audit/sarif.ts";
import { VERSION } from "../../version.ts";
import { compile } from "../../policy/compile.ts";
import type { Inventory } from "../../inventory/model.ts";
import type { Invocation, Run } from "../command.ts";
import { checkedInventory } from "../checked-inventory.ts";
import { readBundle } from "../facts-bundle.ts";
import { hostsMeant, readHosts } from "../hosts.ts";

export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  const { inventory } = checkedInventory(invocation, "audit by");
  const facts = await factsOf(invocation, inventory);
  const findings = audit(facts, { inventory, policy: compile(inventory), at: Date.now() });
  if (options["json"] !== undefined) io.out(`${JSON.stringify(auditReport(facts, findings), null, 2)}\n`);
  else if (options["sarif"] !== undefined) io.out(`${JSON.stringify(sarifOf(findings, VERSION), null, 2)}\n`);
  else if (options["html"] !== undefined) io.out(auditPage(facts, findings));
  else io.out(asText(facts, findings));
  return findings.some(({ severity }) => severity !== "notice") ? 1 : 0;
};

function factsOf(invocation: Invocation, inventory: Inventory): Promise<readonly HostFacts[]> | readonly HostFacts[] {
  const { options, io } = invocation;
  const bundle = options["facts"];
  if (typeof bundle === "string") return readBundle(bundle);
  const hosts = hostsMeant(invocation, inventory);
  return readHosts(invocation, { inventory, hosts, told: (host) => hosts.length > 1 && io.err(`${host}: read\n`) });
}

function asText(facts: readonly HostFacts[], findings: readonly AuditFinding[]): string {
  const blocks = findings.map(({ severity, host, code, message, evidence: { source, line }, fix }) =>
    [
      `${severity}: ${host}: ${message} [${code}]`,
      `  read: ${source}`,
      ...(line === "" ? [] : [`        ${line.replaceAll("\n", "\n        ")}`]),
      `  fix:  ${fix}`,
      "",
    ].join("\n"),
  );
  const asked = facts.map(({ host, taken }) => `${host} (${taken})`).join(", ");
  return `${blocks.map((block) => `${block}\n`).join("")}${asked}: ${findings.length === 0 ? "as the inventory says" : `${findings.length} findings`}\n`;
}
