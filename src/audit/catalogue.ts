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
  "not-declared": {
    severity: "warning",
    title: "A listener on a port of the plan, or of a service, that no flow declares",
  },
  "udp-on-port": { severity: "warning", title: "A UDP socket on a port of a flow" },
  "wrong-program": { severity: "error", title: "A relayed door that another program holds" },
} as const satisfies Readonly<Record<string, Row>>;

export type AuditCode = keyof typeof AUDIT_CATALOGUE;
