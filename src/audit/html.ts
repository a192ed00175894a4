/** Findings as a page to keep or to print: self-contained, no script, nothing from elsewhere. */
import type { HostFacts } from "./facts.ts";
import type { AuditFinding } from "./finding.ts";

export function auditPage(facts: readonly HostFacts[], findings: readonly AuditFinding[]): string {
  const hosts = facts.map(({ host, taken }) => `<li>${escaped(host)}, read ${escaped(taken)}</li>`).join("\n");
  const verdict = findings.length === 0 ? "As the inventory says." : `${findings.length} findings.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1, h2 { line-height: 1.2; }
section { border-left: .4rem solid #57606a; padding: 0 1rem; margin: 2rem 0; break-inside: avoid; }
section.critical { border-color: #a40e26; } section.error { border-color: #bc4c00; } section.warning { border-color: #7d4e00; }
pre { background: #f6f8fa; padding: .5rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
@media print { body { margin: 0; } }
</style>
</head>
<body>
<main>
<h1>Audit</h1>
<ul>
${hosts}
</ul>
<p>${verdict}</p>
${findings.map(sectionOf).join("\n")}
</main>
</body>
</html>
`;
}

function sectionOf({ code, severity, host, message, evidence: { source, line }, fix }: AuditFinding): string {
  const read = line === "" ? source : `${source}\n${line}`;
  return `<section class="${severity}">
<h2>${escaped(severity)}: ${escaped(host)}: ${escaped(message)}</h2>
<dl>
<dt>Code</dt><dd><code>${escaped(code)}</code></dd>
<dt>Read</dt><dd><pre>${escaped(read)}</pre></dd>
<dt>Fix</dt><dd><pre>${escaped(fix)}</pre></dd>
</dl>
</section>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
