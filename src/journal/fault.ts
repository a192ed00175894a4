/** What an error of SQLite means for the rows that could not be written. */

/**
 * `wait`: the surroundings are in the way (full disk, lock, permission), the same rows will do later. `damaged`: the file
 * is not what it should be. `newer`: a later version of the program wrote it. `rows`: these rows will never do.
 */
export type FaultKind = "wait" | "damaged" | "newer" | "rows";

export interface Fault {
  readonly kind: FaultKind;
  readonly message: string;
}

/** Found by the journal itself, not by SQLite. */
export class JournalFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.name = "JournalFault";
    this.kind = kind;
  }
}

/** https://sqlite.org/rescode.html, primary codes. */
const DAMAGED = new Map([
  [11, "CORRUPT"],
  [26, "NOTADB"],
]);
const ROWS = new Map([
  [18, "TOOBIG"],
  [19, "CONSTRAINT"],
  [20, "MISMATCH"],
  [25, "RANGE"],
]);

export function faultOf(error: unknown): Fault {
  if (error instanceof JournalFault) return { kind: error.kind, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const code = primaryCode(error);
  if (code !== undefined && DAMAGED.has(code)) return { kind: "damaged", message };
  // A bug of ours must not be tried again for ever: without a code of SQLite or of the system, it is the rows.
  if ((code === undefined && !isSystemError(error)) || ROWS.has(code ?? 0)) return { kind: "rows", message };
  return { kind: "wait", message };
}

/** The primary result code of an error thrown by `node:sqlite`. */
export function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
