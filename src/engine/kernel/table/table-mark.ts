/**
 * A file that says the kernel engine's table may stand: there from before it is loaded until after it is taken away.
 *
 * nftables can be read only by whom it may be changed by. So whoever serves with the relay, and without that right, would not
 * know of a table that a killed process has left. The table lives in one network namespace until the machine is started
 * anew: the file names both, and says nothing of another one.
 */
import { readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";

export interface TableMark {
  readonly file: string;
  readonly isThere: () => boolean;
  readonly put: () => void;
  readonly remove: () => void;
}

/** Where a table stands; what could not be read is empty. */
export interface Where {
  /** Which start of the machine: the kernel's random/boot_id. */
  readonly boot: string;
  /** Which network namespace: `net:[4026531833]`. */
  readonly network: string;
}

/** Throws nothing: a file that cannot be written must not keep doors shut. */
export function tableMark(file: string, here: Where = whereWeAre()): TableMark {
  return {
    file,
    isThere: () => {
      const text = unlessFailing(() => readFileSync(file, "utf8"));
      return text !== undefined && isSame(parse(text), here);
    },
    put: () => unlessFailing(() => writeFileSync(file, `${here.boot} ${here.network}\n`, { mode: 0o600 })),
    remove: () => unlessFailing(() => rmSync(file, { force: true })),
  };
}

/** `boot`: where the service manager has told it, for it can hide the kernel's own word (ProcSubset=pid). */
export function whereWeAre(boot?: string): Where {
  const read = boot ?? unlessFailing(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")) ?? "";
  // systemd writes it without dashes.
  return {
    boot: read.trim().replaceAll("-", ""),
    network: unlessFailing(() => readlinkSync("/proc/self/ns/net")) ?? "",
  };
}

function parse(text: string): Where {
  const [boot = "", network = ""] = text.trim().split(" ");
  return { boot, network };
}

/** What one of the two does not know makes no difference: it may be the same. */
function isSame(a: Where, b: Where): boolean {
  return (["boot", "network"] as const).every((word) => a[word] === b[word] || a[word] === "" || b[word] === "");
}

function unlessFailing<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    // The state directory has other ways to say that it is full or gone.
    return undefined;
  }
}
