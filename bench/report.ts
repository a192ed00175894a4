/** Results as text for a terminal: a table per case. */
import type { Case, Column } from "./cases.ts";
import { medianOf, ratioOf, type Absence, type Measurement, type Results } from "./results.ts";

/** `reference` is the subject that ratios refer to. */
export function reportOf(results: Results, cases: readonly Case[], reference: string): string {
  return [
    ...headOf(results),
    ...cases.flatMap((one) => ["", ...tableOf(results, one, reference)]),
    "",
    ...remarksOf(results),
    "",
  ].join("\n");
}

function headOf({ machine, isolation, rounds, quick, minutes }: Results): readonly string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.date}  ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`,
    `${versions.join(", ")}; ${isolation}; medians of ${rounds} interleaved rounds${took(minutes)}`,
    ...(quick ? ["QUICK RUN: shows that the bench works; the figures mean little"] : []),
  ];
}

function took(minutes: number | undefined): string {
  return minutes === undefined ? "" : `, ${Math.ceil(minutes)} minutes`;
}

function tableOf(results: Results, { name, title, columns }: Case, reference: string): readonly string[] {
  const measurements = results.measurements.filter((measurement) => measurement.case === name);
  const subjects = [...new Set(measurements.map(({ subject }) => subject))];
  const rows = subjects.map((subject) => {
    const its = measurements.filter((measurement) => measurement.subject === subject);
    return [subject, ...columns.map((column) => cell(measurements, subject, column, reference)), failuresOf(its)];
  });
  return [`${name}: ${title}`, ...align([["", ...columns.map((column) => column.title), "failed"], ...rows])];
}

function cell(measurements: readonly Measurement[], subject: string, column: Column, reference: string): string {
  const { key, digits, unit = 1, ratio } = column;
  const value = medianOf(measurements, subject, key) / unit;
  if (!Number.isFinite(value)) return "-";
  const factor = ratio ? ratioOf(measurements, subject, reference, key) : NaN;
  const shown = value.toFixed(digits);
  return Number.isFinite(factor) ? `${shown} (x${factor.toFixed(2)})` : shown;
}

function failuresOf(measurements: readonly Measurement[]): string {
  return String(measurements.reduce((sum, { failures }) => sum + failures, 0));
}

/** Everything a reader must know before believing a table. */
export function remarksOf({ measurements, absences, subjects, steered }: Results): readonly string[] {
  const others = measurements.reduce((sum, { figures }) => sum + (figures["cpuOthers"] ?? 0), 0);
  const seconds = measurements.reduce((sum, { figures }) => sum + (figures["seconds"] ?? 0), 0);
  const share = seconds > 0 ? (100 * others) / seconds : 0;
  return [
    "(x...) is the ratio to haproxy, the median of the rounds' ratios.",
    steered === true
      ? "Each host's packets were handled by its own processor; processor time is not told, for much of it is charged to nobody."
      : `Processor time that belongs to none of the measured processes: ${share.toFixed(0)} % of one core while measuring.`,
    ...Object.entries(subjects).map(([name, description]) => `${name}: ${description}`),
    ...absencesOf(absences),
    ...problemsOf(measurements),
  ];
}

function problemsOf(measurements: readonly Measurement[]): readonly string[] {
  const failed = measurements.filter(({ problem }) => problem !== undefined);
  const groups = Map.groupBy(failed, ({ subject, problem }) => `${subject}: ${problem ?? ""}`);
  return [...groups].map(
    ([why, its]) => `FAILED in ${its.map((each) => `${each.case} (round ${each.round})`).join(", ")}: ${why}`,
  );
}

function absencesOf(absences: readonly Absence[]): readonly string[] {
  const groups = Map.groupBy(absences, ({ subject, reason }) => `${subject}: ${reason}`);
  return [...groups].map(([why, its]) => `not in ${its.map((absence) => absence.case).join(", ")}: ${why}`);
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, index) => (index === 0 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0)))
      .join("  "),
  );
}
