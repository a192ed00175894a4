/** The report as one HTML page: printable, without script, without anything from elsewhere. Pure. */
import { type Report, untriedOf } from "./report.ts";
import type { Judged } from "./verdict.ts";
import { type Label, type Language, WORDS, type Words, foundIn } from "./words.ts";

const STYLE = `
body { font: 10pt/1.4 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #111 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 1.8rem }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
th, td { border: 1px solid #999; padding: .2rem .4rem; text-align: left; vertical-align: top } tr { break-inside: avoid }
th { background: #eee } code { overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem } dt { color: #444 } dd { margin: 0 }
.counts { font-size: 1.2rem } .failed { background: #fbd9d9; font-weight: bold } .not-tried { color: #555; font-style: italic }
.signature { margin-top: 3rem; border-top: 1px solid #111; padding-top: .3rem; width: 50% }
@media print { body { margin: 0; max-width: none } }
`;

/** `hash`: of the report's data, as it is printed. */
export function pageOf(report: Report, hash: string, language: Language): string {
  const words = WORDS[language];
  const { counts, inventory } = report;
  const failed = report.cells.filter(({ verdict }) => verdict === "failed");
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${words.title}: ${text(inventory.file)}</title>
<style>${STYLE}</style></head>
<body>
<h1>${words.title}</h1>
<p class="counts">${counts.passed} ${words.counted.passed} · <span${counts.failed > 0 ? ' class="failed"' : ""}>${counts.failed} ${words.counted.failed}</span> · ${counts.notTried} ${words.counted.notTried}</p>
${factsOf(report, hash, words)}
<h2>${words.labels.vantages}</h2>
${vantagesOf(report, words)}
<h2>${words.labels.failedCells}</h2>
${failed.length === 0 ? `<p>${words.nothingFailed}</p>` : cellsTable(failed, words)}
<h2>${words.labels.untried}</h2>
${untriedTable(report, words)}
${loadOf(report, words)}<h2>${words.labels.allCells}</h2>
${cellsTable(report.cells, words)}
<p>${text(words.hashNote)}</p>
<p>${words.ipNote}</p>
<p class="signature">${words.labels.signature}</p>
</body>
</html>
`;
}

function factsOf(report: Report, hash: string, words: Words): string {
  const { inventory, gateway, sample } = report;
  const facts: readonly (readonly [Label, string])[] = [
    ["began", report.began],
    ["ended", report.ended],
    ["by", report.by],
    ["host", `${report.host} (ecluse ${report.version})`],
    ["inventory", `${inventory.file}, ${inventory.hash}`],
    ...(gateway === undefined
      ? []
      : ([
          [
            "gateway",
            `${gateway.number}: ${gateway.same ? words.sameInventory : words.otherInventory}, ${gateway.hash}`,
          ],
          ["temporary", String(gateway.temporary)],
        ] as const)),
    ["extent", sample === undefined ? words.everyFlow : words.sampled(sample.flows, sample.of, sample.seed)],
    ["hash", hash],
  ];
  const rows = facts.map(([label, value]) => `<dt>${words.labels[label]}</dt><dd><code>${text(value)}</code></dd>`);
  return `<dl>${rows.join("\n")}</dl>`;
}

function vantagesOf({ vantages }: Report, words: Words): string {
  const rows = vantages.map(({ name, address, sources, via }) => [
    name,
    address,
    sources.length === 0 ? words.stranger : sources.join(", "),
    via === "here" ? words.here : via,
  ]);
  return table(
    words,
    ["from", "address", "sources", "via"],
    rows.map((cells) => ({ cells })),
  );
}

function cellsTable(cells: readonly Judged[], words: Words): string {
  const rows = cells.map((cell) => ({
    cells: [
      cell.flow,
      doorOf(cell),
      [cell.vantage, cell.from === cell.vantage ? undefined : cell.from].filter((part) => part !== undefined).join(" "),
      words.cases[cell.case] + (cell.source === undefined ? "" : ` (${cell.source})`),
      words.expect[cell.expect],
      cell.skip === undefined ? foundIn(words, cell) : words.skips[cell.skip],
      words.verdicts[cell.verdict],
    ],
    kind: cell.verdict,
  }));
  return table(words, ["flow", "door", "from", "what", "expected", "found", "verdict"], rows);
}

/** `198.51.100.10:10101`, `[::1]:10101`. */
export function doorOf({ host, port }: Pick<Judged, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function untriedTable({ cells }: Report, words: Words): string {
  const rows = untriedOf(cells).map((group) => ({
    cells: [
      words.cases[group.case] + (group.source === undefined ? "" : ` (${group.source})`),
      words.skips[group.skip] + (group.detail === undefined ? "" : ` (${group.detail})`),
      `${group.flows.length}: ${group.flows.slice(0, 12).join(", ")}${group.flows.length > 12 ? "…" : ""}`,
    ],
  }));
  return rows.length === 0 ? `<p>${words.nothingFailed}</p>` : table(words, ["what", "why", "flows"], rows);
}

function loadOf({ load }: Report, words: Words): string {
  if (load === undefined) return "";
  const { visits, rate, lasting, failed, missed, p50, p99 } = load;
  const failures = Object.entries(failed).map(([how, count]) => `${how}: ${count}`);
  const parts = [
    words.loaded(visits, rate, lasting / 1_000),
    `${words.labels.failures}: ${failures.length === 0 ? "0" : failures.join(", ")}`,
    `${words.labels.missed}: ${missed}`,
    ...(p50 === undefined ? [] : [`p50 ${p50} ms, p99 ${p99 ?? p50} ms`]),
  ];
  return `<h2>${words.labels.load}</h2>\n<p>${parts.map(text).join("<br>")}</p>\n`;
}

interface Row {
  readonly cells: readonly string[];
  readonly kind?: string;
}

function table(words: Words, labels: readonly Label[], rows: readonly Row[]): string {
  const head = labels.map((label) => `<th>${words.labels[label]}</th>`).join("");
  const body = rows.map(({ cells, kind }) => {
    const columns = cells.map((cell) => `<td>${text(cell)}</td>`).join("");
    return `<tr${kind === undefined ? "" : ` class="${kind}"`}>${columns}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table>`;
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
