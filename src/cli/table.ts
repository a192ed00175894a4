/** Tables for people: a header and rows of cells. */
import { escapeControls } from "../inventory/quote.ts";

/** Columns as wide as their widest cell; what a cell says never steers the terminal. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(escapeControls));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  return `${cells.map(line).join("\n")}\n`;
}

/** `1 door`, `2 doors`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** `812 B`, `3.4 kB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const unit = UNITS.findLastIndex((_, power) => bytes >= 1_000 ** power);
  return unit < 1 ? `${bytes} B` : `${(bytes / 1_000 ** unit).toFixed(1)} ${UNITS[unit] ?? ""}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** How long something lasts, in its two largest units: `340 ms`, `12 s`, `3 m 20 s`, `2 h 5 m`, `3 d 1 h`. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = Math.floor(milliseconds / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const told = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return told.map(([count, unit]) => `${count} ${unit}`).join(" ");
}
