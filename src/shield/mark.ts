/**
 * A file that says a shield may stand in the kernel: there from before it is raised until after it is taken away.
 *
 * Whoever finds it at a start knows that the process before was ended before it could clean up. A table that nobody keeps
 * would shut out whoever is allowed since.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";

export interface Mark {
  readonly isThere: () => boolean;
  readonly put: () => void;
  readonly remove: () => void;
}

/** Throws nothing: a file that cannot be written must not keep a shield from standing, nor from going. */
export function fileMark(file: string): Mark {
  return {
    isThere: () => existsSync(file),
    put: () => unlessFailing(() => writeFileSync(file, "nft delete table ip ecluse_shield\n", { mode: 0o600 })),
    remove: () => unlessFailing(() => rmSync(file, { force: true })),
  };
}

/** Where there is no place for a file: known to this process alone. */
export function ownMark(): Mark {
  let isThere = false;
  return { isThere: () => isThere, put: () => void (isThere = true), remove: () => void (isThere = false) };
}

function unlessFailing(act: () => void): void {
  try {
    act();
  } catch {
    // The state directory has other ways to say that it is full or gone.
  }
}
