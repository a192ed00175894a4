/** What stands in the way of an answer: problem+json (RFC 9457), in the form that the control socket has too. */

/** Every code of a problem that the dashboard's server itself has; docs/dashboard.md has a row for each. */
export const PROBLEMS = [
  "bad-request",
  "not-logged-in",
  "wrong-token",
  "foreign-origin",
  "not-found",
  "wrong-method",
  "too-large",
  "foreign-host",
  "too-many",
] as const;

export type ProblemCode = (typeof PROBLEMS)[number];

export class Problem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly hint: string;

  constructor(status: number, code: ProblemCode, message: string, { hint }: { readonly hint: string }) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}
