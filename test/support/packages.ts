/**
 * Programs that a test needs from Debian. Under CI and as root they are installed; elsewhere the test is skipped with
 * one line that says why and names the one command that installs them.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The program by which a package is known to be there; the package's own name where it is not listed. */
const PROGRAMS: Readonly<Record<string, string>> = {
  iproute2: "ip",
  nftables: "nft",
  "conntrack-tools": "conntrack",
  "docker.io": "dockerd",
  systemd: "systemd-socket-activate",
  "openssh-server": "sshd",
  "openssh-client": "ssh",
  procps: "pgrep",
  "clamav-daemon": "clamd",
  "libxml2-utils": "xmllint",
  "wireguard-tools": "wg",
};

/** Test files run side by side: one at a time may install. */
const LOCK = join(tmpdir(), "ecluse-tests-apt.lock");
const UPDATED = join(tmpdir(), "ecluse-tests-apt.updated");
const FRESH = 3_600_000;

/**
 * Whether the packages are there; for a test's `skip` option: `false`, or one line that says why. With `root`, the test
 * also needs to run as root.
 */
export function needs(packages: readonly string[], options: { readonly root?: boolean } = {}): string | false {
  if (options.root === true && !isRoot()) return "needs root: sudo npm test";
  if (process.env["CI"] === "true" && isRoot()) {
    // What another test file is installing is there before it is set up: a program without its user or its settings.
    if (existsSync(LOCK)) execFileSync("flock", [LOCK, "true"]);
    if (missing(packages).length > 0) install(packages);
  }
  const absent = missing(packages);
  return absent.length === 0 ? false : `needs ${absent.join(" and ")}: sudo apt-get install ${absent.join(" ")}`;
}

/** The path of a program; administrators' folders are looked in too, for they are not on everybody's PATH. */
export function program(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function missing(packages: readonly string[]): readonly string[] {
  return packages.filter((name) => program(PROGRAMS[name] ?? name) === undefined);
}

function install(packages: readonly string[]): void {
  const options = { stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...words: string[]): void =>
    void execFileSync("flock", [LOCK, "apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", ...words], {
      ...options,
      env: environment,
    });
  if (!isFresh()) {
    apt("update");
    writeFileSync(UPDATED, "");
  }
  apt("install", "-y", "--no-install-recommends", ...packages);
}

function isFresh(): boolean {
  return existsSync(UPDATED) && Date.now() - statSync(UPDATED).mtimeMs < FRESH;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
