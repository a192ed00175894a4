/**
 * Errors for the operator: what was attempted, what stood in the way, what to try.
 *
 * Every code stands in `docs/errors.md`, and a test compares both ways. A bug is not an `EcluseError`: it crashes with
 * its stack. What `check` has to say of an inventory is a finding, not an error.
 */

/** Every code an `EcluseError` may carry. */
export const ERROR_CODES = [
  "inventory-unreadable",
  "inventory-refused",
  "no-such-flow",
  "cannot-listen",
  "packet-filter",
  "table-left-over",
  "cannot-write",
  "cannot-render",
  "no-gateway",
  "not-taken-over",
  "journal-unavailable",
  "usage",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error that a person can act on. `message` says what was attempted and what stood in the way. */
export class EcluseError extends Error {
  readonly code: ErrorCode;
  /** What to try. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "EcluseError";
    this.code = code;
    this.hint = options.hint;
  }
}
