/** What the kernel engine is told means nothing to the relay: whoever wrote it may believe that the kernel carries bytes. */
import { type Facts, isWritten } from "../facts.ts";

export function checkKernelNotUsed(facts: Facts): void {
  const { engine, kernel } = facts.data.gateway;
  if (kernel === undefined || engine === "kernel") return;
  // An engine that could not be read may have been meant to be this one.
  if (engine === undefined && isWritten(facts, ["gateway", "engine"])) return;
  const message = "gateway.kernel has no effect: the engine is the relay";
  const hint = "write engine: kernel, or remove gateway.kernel";
  facts.complain({ code: "kernel-not-used", path: ["gateway", "kernel"], message, hint, which: "key" });
}
