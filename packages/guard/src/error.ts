/** Why a guard cannot be built, or a service may not listen: what was read, what stood in the way, what to try. */

/** What kind of mistake it was, for programs; people read the message. */
export type GuardErrorCode = "allow" | "environment" | "host" | "port" | "address-not-available" | "server";

/** Thrown before anybody is let in; a service that does not catch it does not start. */
export class GuardError extends Error {
  override readonly name = "GuardError";
  readonly code: GuardErrorCode;

  constructor(code: GuardErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
