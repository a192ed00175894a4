/** The page: every case with its plots and its table, growth as lines, and what a reader must know before believing them. */
import type { Case, Column, Growth } from "../cases.ts";
import { remarksOf } from "../report.ts";
import { medianOf, ratioOf, valuesOf, type Measurement, type Results } from "../results.ts";
import { barsOf } from "./bars.ts";
import { linesOf } from "./lines.ts";
import { escaped, shown } from "./markup.ts";
import { STYLE } from "./style.ts";

export interface Shown {
  readonly results: Results;
  readonly cases: readonly Case[];
  readonly growths: readonly Growth[];
  /** The subject that ratios refer to. */
  readonly reference: string;
}

export function pageOf({ results, cases, growths, reference }: Shown): string {
  const measured = cases.filter(({ name }) => results.measurements.some((each) => each.case === name));
  const colours = coloursOf(results.measurements, growths);
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>Ecluse: the bench</title><style>${STYLE}</style></head>`,
    "<body><main>",
    "<h1>Ecluse beside its peers</h1>",
    ...headOf(results),
    ...measured.flatMap((one) => sectionOf(results.measurements, one, reference)),
    ...growths.flatMap((growth) => growthOf(results.measurements, growth, colours)),
    "<h2>What to know</h2>",
    `<ul>${remarksOf(results)
      .map((line) => `<li>${escaped(line)}</li>`)
      .join("\n")}</ul>`,
    "</main></body></html>",
    "",
  ].join("\n");
}

function headOf({ machine, isolation, rounds, quick }: Results): readonly string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const where = `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}; ${isolation}`;
  return [
    `<p>${escaped(`${machine.date.slice(0, 10)}. ${where}; ${rounds} interleaved rounds. ${versions.join(", ")}.`)}</p>`,
    ...(quick ? ["<p><strong>A quick run: it shows that the bench works; its figures mean little.</strong></p>"] : []),
    "<p>A bar is the median of the rounds, the thin line reaches from the least to the greatest of them. (x…) is the ratio to HAProxy on one thread, taken within each round. Trust ratios and processor time; rates and latencies swing from round to round.</p>",
  ];
}

function sectionOf(all: readonly Measurement[], one: Case, reference: string): readonly string[] {
  const measurements = all.filter((each) => each.case === one.name);
  const subjects = [...new Set(measurements.map(({ subject }) => subject))];
  return [
    `<section><h2>${escaped(one.name)}</h2><p>${escaped(one.title)}</p>`,
    ...one.columns.filter(({ plot }) => plot).map((column) => figureOf(measurements, subjects, column, reference)),
    tableOf(measurements, subjects, one.columns),
    "</section>",
  ];
}

function figureOf(
  measurements: readonly Measurement[],
  subjects: readonly string[],
  { key, title, unit = 1, ratio }: Column,
  reference: string,
): string {
  const bars = subjects.flatMap((name) => {
    const values = valuesOf(measurements, name, key).map(({ value }) => value / unit);
    if (values.length === 0) return [];
    const median = medianOf(measurements, name, key) / unit;
    const range = { least: Math.min(...values), greatest: Math.max(...values) };
    const factor = ratio ? { ratio: ratioOf(measurements, name, reference, key) } : {};
    return [{ name, median, ...range, ...factor, ours: name.startsWith("ecluse") }];
  });
  if (bars.length === 0) return "";
  return `<figure><figcaption>${escaped(title)}</figcaption>${barsOf(title, bars)}</figure>`;
}

function tableOf(
  measurements: readonly Measurement[],
  subjects: readonly string[],
  columns: readonly Column[],
): string {
  const head = ["", ...columns.map(({ title }) => title)].map((title) => `<th scope="col">${escaped(title)}</th>`);
  const rows = subjects.map((subject) => {
    const cells = columns.map(({ key, unit = 1 }) => `<td>${shown(medianOf(measurements, subject, key) / unit)}</td>`);
    return `<tr><th scope="row">${escaped(subject)}</th>${cells.join("")}</tr>`;
  });
  return `<details><summary>all figures (medians)</summary><table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></details>`;
}

/** A subject has the same colour in all pictures. */
function coloursOf(all: readonly Measurement[], growths: readonly Growth[]): readonly string[] {
  const points = new Set(growths.flatMap((growth) => growth.points.map(({ name }) => name)));
  return [...new Set(all.filter((each) => points.has(each.case)).map(({ subject }) => subject))];
}

/** Nothing where fewer than two points were measured. */
function growthOf(
  all: readonly Measurement[],
  { title, key, unit = 1, points }: Growth,
  colours: readonly string[],
): readonly string[] {
  const at = points.map(({ name }) => all.filter((each) => each.case === name));
  const lines = colours
    .map((name, colour) => ({ name, colour, medians: at.map((its) => medianOf(its, name, key) / unit) }))
    .filter(({ medians }) => medians.filter(Number.isFinite).length > 1);
  if (lines.length === 0) return [];
  const labels = points.map(({ label }) => label);
  return [`<section><h2>${escaped(title)}</h2><figure>${linesOf(title, labels, lines)}</figure></section>`];
}
