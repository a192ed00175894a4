/** Why a question to the journal has no answer. What keeps rows from being written is told in its health instead. */

/**
 * `unavailable`: the file cannot be read now. `in-use`: a running gateway holds it. `no-journal`: there is no such file.
 * `not-a-journal`: it is something else, or a newer version's. `too-many`: more questions than it takes at once.
 * `cancelled`: whoever asked has gone.
 */
export type JournalProblem = "unavailable" | "in-use" | "no-journal" | "not-a-journal" | "too-many" | "cancelled";

export class JournalError extends Error {
  readonly problem: JournalProblem;
  /** What to try. */
  readonly hint: string;

  constructor(problem: JournalProblem, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "JournalError";
    this.problem = problem;
    this.hint = options.hint;
  }
}
