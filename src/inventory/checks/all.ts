/** Every check of what an inventory means, in the order in which they speak of one place. */
import type { Facts } from "../facts.ts";
import { checkDepotsSource } from "./depots-source.ts";
import { checkEndpoints } from "./endpoints.ts";
import { checkEngineCannot } from "./engine-cannot.ts";
import { checkExceptions } from "./exceptions.ts";
import { checkKernelNotUsed } from "./kernel-not-used.ts";
import { checkLoops } from "./loops.ts";
import { checkNamesAlike } from "./names-alike.ts";
import { checkNobodyEnters } from "./nobody-enters.ts";
import { checkPorts } from "./ports.ts";
import { checkSameTarget } from "./same-target.ts";
import { checkShield } from "./shield.ts";
import { checkSourceAny } from "./source-any.ts";
import { checkTerminalAddresses } from "./terminal-addresses.ts";
import { checkUnusable } from "./unusable.ts";
import { checkWildcards } from "./wildcards.ts";

export function checkAll(facts: Facts): void {
  checkNamesAlike(facts);
  checkDepotsSource(facts);
  checkNobodyEnters(facts);
  checkUnusable(facts);
  checkTerminalAddresses(facts);
  checkPorts(facts);
  checkEndpoints(facts);
  checkLoops(facts);
  checkSameTarget(facts);
  checkWildcards(facts);
  checkSourceAny(facts);
  checkShield(facts);
  checkEngineCannot(facts);
  checkKernelNotUsed(facts);
  // Last: only now is it known which exceptions something needed.
  checkExceptions(facts);
}
