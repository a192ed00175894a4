/**
 * ufw on a host of the tests: its folders are copies that only its own mount namespace sees, its rules those of the host's
 * network namespace. The machine's own ufw is neither read for its rules nor touched.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "./namespaces.ts";

export class Ufw implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "ecluse-ufw-"));
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
    cpSync("/etc/ufw", join(this.folder, "etc-ufw"), { recursive: true });
    cpSync("/etc/default", join(this.folder, "etc-default"), { recursive: true });
    this.run("ufw", "--force", "reset");
  }

  /** Runs a program that sees this ufw to its end. */
  run(program: string, ...words: readonly string[]): string {
    const mounts = [
      'mount --bind "$0/etc-ufw" /etc/ufw',
      'mount --bind "$0/etc-default" /etc/default',
      // Its lock.
      "mount -t tmpfs none /run",
      'exec "$@"',
    ];
    const shell = ["sh", "-c", mounts.join(" && "), this.folder];
    return this.#host.run("unshare", "--mount", ...shell, "env", "LC_ALL=C.UTF-8", program, ...words);
  }

  /** Puts a file where a program of `run` finds it; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** What it would start with at the next boot. */
  get userRules(): string {
    return readFileSync(join(this.folder, "etc-ufw/user.rules"), "utf8");
  }

  set userRules(text: string) {
    writeFileSync(join(this.folder, "etc-ufw/user.rules"), text);
  }

  /** `ufw show added`, a rule a line. */
  get added(): readonly string[] {
    return this.run("ufw", "show", "added").trim().split("\n").slice(1);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
