/** Every code a finding of an audit may carry. `docs/audit.md` explains each, and a test compares both ways. */
import type { Severity } from "./finding.ts";

interface Row {
  readonly severity: Severity;
  readonly title: string;
}

export const AUDIT_CATALOGUE = {
  "cannot-read": { severity: "warning", title: "Something of the host could not be read" },
  "not-listening": { severity: "error", title: "A door of the inventory on which nobody listens" },
  "listens-everywhere": { severity: "error", title: "A door that listens on all addresses, 0.0.0.0" },
  "listens-ipv6": { severity: "error", title: "A door that listens on IPv6" },
  "listens-elsewhere": { severity: "error", title: "A door that listens on another address than the inventory says" },
  "held-by-another": { severity: "error", title: "A door of the gateway that another program holds" },
  "not-declared": {
    severity: "warning",
    title: "A listener on a port of the plan, or of a service, that no flow declares",
  },
  "table-missing": { severity: "error", title: "The kernel engine's table is not there" },
  "table-differs": { severity: "error", title: "The kernel engine's table and the doors of the inventory differ" },
  "table-left-over": {
    severity: "error",
    title: "The kernel engine's table on a host whose inventory has the relay",
  },
  "udp-on-port": { severity: "warning", title: "A UDP socket on a port of a flow" },
  "open-to-others": { severity: "critical", title: "A door that others than the inventory's sources really reach" },
  "docker-bypasses-firewall": {
    severity: "critical",
    title: "A published container port, which the firewall of the host never sees",
  },
  "allowed-but-blocked": { severity: "error", title: "A source of the inventory that the firewall keeps out" },
  "wall-is-wider": {
    severity: "warning",
    title: "A firewall that lets in more than the inventory, where the program still refuses",
  },
  "tailscale-bypasses-firewall": {
    severity: "warning",
    title: "Tailscale's own rule lets its whole network in before the firewall",
  },
  "wall-unclear": { severity: "notice", title: "A rule whose effect on a door cannot be told" },
  "ssh-not-allowed": { severity: "error", title: "A source of ssh.allow that the firewall keeps from SSH" },
  "ssh-open-to-all": { severity: "error", title: "SSH that others than ssh.allow reach" },
  "ufw-off": { severity: "error", title: "UFW has rules for doors of this host, and does not stand" },
  "ufw-default-allows": { severity: "error", title: "UFW lets in whoever no rule names" },
  "ufw-not-loaded": { severity: "warning", title: "UFW's file and the rules that are loaded differ" },
  "rule-left-over": {
    severity: "warning",
    title: "A UFW rule for a port of the plan that the inventory does not have",
  },
  "rule-opens-udp": { severity: "warning", title: "A UFW rule without proto tcp: it opens UDP, too" },
  "ipv6-opened": { severity: "warning", title: "A firewall rule that opens a door's port over IPv6" },
  "unit-missing": { severity: "error", title: "A service whose unit systemd does not have" },
  "unit-stale": { severity: "warning", title: "A unit whose files were changed since systemd read them" },
  "unit-not-restarted": {
    severity: "error",
    title: "A service that still runs with an older environment than its unit's",
  },
  "unit-host": { severity: "error", title: "A unit that tells its service another address than its machine's" },
  "guard-off": { severity: "error", title: "A unit without ALLOWED_SOURCE_IP" },
  "guard-wider": { severity: "critical", title: "A unit, or a server of nginx, that lets in more than the inventory" },
  "guard-narrower": {
    severity: "error",
    title: "A unit, or a server of nginx, that keeps out a source of the inventory",
  },
} as const satisfies Readonly<Record<string, Row>>;

export type AuditCode = keyof typeof AUDIT_CATALOGUE;
