/**
 * The doctor: the traps of one host, each looked at, whether it is in one or not.
 *
 * Pure, like the audit, and from the same facts: it can be asked of a bundle that was read elsewhere.
 */
import type { Audited } from "../audit/audited.ts";
import { type Asking, shellWord } from "../audit/script.ts";
import { checkDocker } from "./checks/docker.ts";
import { checkHost } from "./checks/host.ts";
import { checkKernel } from "./checks/kernel.ts";
import { checkKernelTable } from "./checks/kernel-table.ts";
import { checkShield } from "./checks/shield.ts";
import { checkTunnel } from "./checks/tunnel.ts";
import { checkWays } from "./checks/ways.ts";
import type { Check, Diagnosis } from "./diagnosis.ts";

const CHECKS: readonly Check[] = [
  checkTunnel,
  checkWays,
  checkDocker,
  checkKernel,
  checkHost,
  checkShield,
  checkKernelTable,
];

export function diagnose(audited: Audited): readonly Diagnosis[] {
  return CHECKS.flatMap((check) => check(audited));
}

/** What the doctor reads besides what an audit does; `files` are the inventory's. */
export function doctorAskings(files: readonly string[]): readonly Asking[] {
  const words = files.map(shellWord);
  return [{ id: "inventory-file", command: `stat -c '%a %U %G %n' -- ${words.join(" ")}` }];
}
