/** Findings as text: for people with a code frame, for GitHub as annotations. */
import { type Finding, formatPlace, type Severity } from "../inventory/finding.ts";
import { escapeControls } from "../inventory/quote.ts";

/** The files that findings speak of, by name. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

export interface Counts {
  readonly errors: number;
  readonly warnings: number;
  readonly notices: number;
}

export function countFindings(findings: readonly Finding[]): Counts {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  return { errors: count("error"), warnings: count("warning"), notices: count("notice") };
}

/** Each finding with its place, the line it stands in and the one above, and what to write. */
export function formatFindings(
  findings: readonly Finding[],
  files: readonly SourceText[],
  { colour }: { readonly colour: boolean },
): string {
  const paint = colour ? coloured : (text: string): string => text;
  const lines = new Map(files.map(({ file, text }) => [file, text.split(/\r?\n/)]));
  return findings.map((finding) => formatFinding(finding, lines.get(finding.place.file) ?? [], paint)).join("\n");
}

type Style = "error" | "warning" | "notice" | "faint" | "bold";
type Paint = (text: string, style: Style) => string;

const CODES: Readonly<Record<Style, number>> = { error: 31, warning: 33, notice: 36, faint: 2, bold: 1 };

function coloured(text: string, style: Style): string {
  return `\u001b[${CODES[style]}m${text}\u001b[0m`;
}

function formatFinding(finding: Finding, lines: readonly string[], paint: Paint): string {
  const { place, severity, code, message, hint } = finding;
  const head = `${paint(escapeControls(formatPlace(place)), "bold")}: ${paint(severity, severity)}: ${message} [${code}]`;
  return [head, ...frame(finding, lines, paint), `  hint: ${hint}`, ""].join("\n");
}

const WIDTH = 120;

/** The line above, the line, and a caret. Long lines are cut around the column; control characters never pass. */
function frame(
  { place: { line, column }, severity }: Finding,
  lines: readonly string[],
  paint: Paint,
): readonly string[] {
  const text = lines[line - 1];
  if (text === undefined || text.trim() === "") return [];
  const from = Math.max(0, column - WIDTH + 20);
  const show = (at: number): readonly string[] => {
    const content = visible((lines[at - 1] ?? "").slice(from, from + WIDTH)).trimEnd();
    return at < 1 ? [] : [`${paint(`${String(at).padStart(5)} |`, "faint")} ${content}`.trimEnd()];
  };
  const caret = `${paint("      |", "faint")} ${" ".repeat(visible(text.slice(from, column - 1)).length)}${paint("^", severity)}`;
  return [...show(line - 1), ...show(line), caret];
}

/** One column stays one column: what cannot be shown is a question mark, and a tab one space. */
function visible(text: string): string {
  return text.replaceAll("\t", " ").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** Workflow commands of GitHub Actions: docs.github.com, "Workflow commands", with their escapes. */
export function formatAnnotations(findings: readonly Finding[]): string {
  return findings.map(annotation).join("");
}

function annotation({ place, severity, code, message, hint }: Finding): string {
  const properties = { file: place.file, line: place.line, col: place.column, title: code };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${severity} ${list.join(",")}::${escapeData(`${message}. Hint: ${hint}`)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
