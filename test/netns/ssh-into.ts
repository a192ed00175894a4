/** ssh as a program of the test's, which enters a namespace: the shell there is told exactly what ssh would tell it. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../support/namespaces.ts";

/**
 * Writes `ssh` into a folder, to be the first of PATH. `hosts`: by the name that ssh is given. A host for which the file
 * `off-PID` lies in that folder does not answer.
 */
export function sshInto(folder: string, hosts: Readonly<Record<string, Host>>): void {
  const cases = Object.entries(hosts).map(([name, { pid }]) => `${name}) pid=${pid};;`);
  // ssh's own words, but for the last two: the host, and the program to start there.
  const lines = ["#!/bin/sh", "while [ $# -gt 2 ]; do shift; done", `case $1 in ${cases.join(" ")} esac`];
  const off = `test -e ${folder}/off-$pid && { echo "ssh: connect to host $1 port 22: No route to host" >&2; exit 255; }`;
  const enter = 'exec nsenter --net=/proc/$pid/ns/net -- "$2"';
  writeFileSync(join(folder, "ssh"), `${[...lines, off, enter].join("\n")}\n`);
  chmodSync(join(folder, "ssh"), 0o755);
}
