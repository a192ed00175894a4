/** What an audit has to say of a host: data, never thrown. */

export type Severity = "critical" | "error" | "warning" | "notice";

export interface AuditFinding {
  /** A key of the catalogue, explained in `docs/audit.md`. */
  readonly code: string;
  readonly severity: Severity;
  /** `gateway`, or the machine's name. */
  readonly host: string;
  /** The flow it is about, where it is about one. */
  readonly flow?: string;
  /** What is, against what should be. Text from the host is escaped: no control characters. */
  readonly message: string;
  readonly evidence: Evidence;
  /** A command that makes it go away, or what to do where no command can. Never run by Ecluse. */
  readonly fix: string;
}

/** What was read, and where. */
export interface Evidence {
  /** What a person would type to see it: a command or a path. */
  readonly source: string;
  /** The line or lines it rests on. */
  readonly line: string;
}
