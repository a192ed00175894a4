/** What the kernel engine needs to know besides the policy. */
import type { Ipv4 } from "@ecluse/guard/address";

export interface KernelSettings {
  /**
   * The address from which terminals see sessions come: a fixed one of this host, for masquerade forgets its connections
   * when its interface goes down; or each session's own source, where the terminals' routes lead back through this host.
   */
  readonly source: Ipv4 | "preserved";
  /** The rules stay when the gateway stops, and the doors with them. */
  readonly keepRules: boolean;
}
