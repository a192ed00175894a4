/** Codes that only an import has to say, besides those of an inventory. `docs/import.md` explains each. */
import type { Severity } from "../finding.ts";

interface Row {
  readonly severity: Severity;
  readonly title: string;
}

const error = (title: string): Row => ({ severity: "error", title });
const warning = (title: string): Row => ({ severity: "warning", title });
const notice = (title: string): Row => ({ severity: "notice", title });

export const IMPORT_CATALOGUE = {
  // Compose
  "not-compose": error("No services are written here"),
  "null-service": error("A service that holds nothing"),
  "leaked-key": error("A service's key that stands outside every service"),
  "stray-service": error("A service that stands outside services"),
  "not-followed": error("Something that another program would have to fill in"),
  "two-targets": error("A service that says two targets"),
  "published-twice": error("Two services on one public port"),
  "not-mapped": warning("Something published that the inventory does not get"),
  sexagesimal: warning("A port mapping that some readers take for a number"),
  "missing-restart": notice("A service that nobody starts again"),
  // UFW
  "not-ufw": error("No rules of ufw are written here"),
  "rule-left-out": warning("A rule that the inventory does not get"),
  anyone: warning("Everyone may enter"),
  nobody: warning("A door for which no rule was found"),
  // CSV
  "no-columns": error("No table of terminals is written here"),
  "bad-row": error("A row that cannot be read"),
  "not-a-row": warning("A line among the rows that is none"),
  "text-left-out": warning("A text that an inventory cannot carry"),
  // Several files
  contradiction: error("Two texts that contradict each other"),
  "one-sided": warning("A terminal that only one of the files knows"),
  "name-differs": warning("A service whose name and port mean different terminals"),
  "prose-differs": notice("Ports that a document's text says, and its listing does not"),
  "off-plan": notice("Something outside the plan, with its exception"),
} as const satisfies Record<string, Row>;

export type ImportCode = keyof typeof IMPORT_CATALOGUE;
