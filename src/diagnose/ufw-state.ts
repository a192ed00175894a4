/** Whether UFW filters on a host. */
import { type HostFacts, reading } from "../audit/facts.ts";

/** `unknown`: it is installed, and whether it is active could not be read. */
export type UfwState = "active" | "inactive" | "absent" | "unknown";

/** `ufw status` speaks to root only; what `ufw.conf` says anybody may read. */
export function ufwState(facts: HostFacts): UfwState {
  const text = reading(facts, "ufw")?.text;
  if (text === undefined) return "unknown";
  const [, status] = /^Status: (active|inactive)/m.exec(text) ?? [];
  if (status !== undefined) return status as UfwState;
  const [, enabled] = /ufw\.conf:ENABLED=(yes|no)/.exec(text) ?? [];
  if (enabled !== undefined) return enabled === "no" ? "inactive" : "unknown";
  return text.trim() === "" ? "absent" : "unknown";
}
