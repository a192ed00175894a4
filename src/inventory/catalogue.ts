/** Every code a finding of the inventory may carry. `docs/findings.md` explains each, and a test compares both ways. */
import type { Severity } from "./finding.ts";

interface Row {
  readonly severity: Severity;
  readonly title: string;
}

const error = (title: string): Row => ({ severity: "error", title });
const warning = (title: string): Row => ({ severity: "warning", title });
const notice = (title: string): Row => ({ severity: "notice", title });

export const CATALOGUE = {
  // Reading the files
  "bad-yaml": error("The file is not YAML that Ecluse reads"),
  "bad-encoding": error("The file is not UTF-8"),
  "empty-file": error("The file says nothing"),
  "not-a-mapping": error("The file is not a mapping of keys"),
  "several-documents": error("The file holds several YAML documents"),
  "too-large": error("The file is larger, deeper or longer than an inventory can be"),
  "duplicate-key": error("A key is written twice"),
  "bad-key": error("A key is not a plain name or number"),
  "merge-key": error("A merge key (<<) is used"),
  "include-unreadable": error("An included file cannot be read"),
  "include-cycle": error("A file includes itself, directly or through another"),
  "include-empty": warning("An include matches no file"),
  "set-twice": error("Two files set the same key"),
  // Shape
  "unknown-key": error("A key that Ecluse does not know"),
  "missing-key": error("A required key is missing"),
  "wrong-type": error("A value of the wrong kind"),
  "not-a-choice": error("A value that is none of the choices"),
  "out-of-bounds": error("A number or a time outside sane bounds"),
  "engine-cannot": error("Something that the chosen engine cannot do"),
  // Values
  placeholder: error("A placeholder was left in"),
  "not-an-address": error("Not an IPv4 address"),
  "not-a-network": error("Not an IPv4 network"),
  "host-bits": error("A network with host bits set"),
  "bad-port": error("A port outside 1 to 65535"),
  "not-a-duration": error("Not a duration"),
  "not-a-size": error("Not a size"),
  "not-a-date": error("Not a date, or not an instant with its time zone"),
  "bad-name": error("A name that could not go safely into units, rules and logs"),
  "bad-text": error("A text with characters that documents and rules cannot carry"),
  "reserved-name": error("A name that already means something"),
  "names-alike": error("Two names that differ only by case or accents"),
  "bad-depot-number": error("A depot outside 1 to 72"),
  "bad-terminal-number": error("A terminal outside 1 to 99, or a range that is none"),
  "listed-twice": error("The same thing twice in one list"),
  "empty-list": error("An empty list where a door would open"),
  // Meaning
  "not-on-loopback": error("Metrics or the dashboard on an address that other hosts can reach"),
  "plan-network": error("The plan's network does not hold one /24 for each depot"),
  "host-outside-depot": error("The plan gives a terminal an address its depot does not have"),
  "unknown-source": error("A right for a source that is not declared"),
  "unknown-machine": error("A service on a machine that is not declared"),
  "depots-without-routers": error("The source `depots` without subnet routers"),
  "allow-and-extra": error("`allow` and `extra` on one terminal"),
  "nobody-enters": warning("A door that nobody may enter"),
  "grant-expired": warning("A right that has ended"),
  "endpoint-twice": error("Two flows on one endpoint"),
  "target-is-listener": error("A target that is one of our own listeners"),
  "address-unusable": error("An address that no host can have"),
  "same-target": warning("Two terminals with one address and port"),
  "networks-overlap": warning("Two networks of one source overlap"),
  "very-wide-network": warning("A source of more than sixteen million addresses"),
  "port-inside-plan": error("An explicit port that belongs to a position of the plan"),
  "port-outside-plan": error("A public port outside the plan, without exception"),
  "wildcard-listen": error("Listening on every address, without exception"),
  "terminal-on-loopback": error("A terminal on loopback, without exception"),
  "terminal-outside-network": error("A terminal outside its depot's network, without exception"),
  "source-any": error("Everyone may enter, without exception"),
  "shield-needs-right": notice("A shield, which needs a right that the gateway does not need"),
  "shield-not-needed": warning("A shield before an engine that is one"),
  "kernel-not-used": warning("Settings of the kernel engine, which is not chosen"),
  "exception-names-nothing": error("An exception for something that does not exist"),
  "exception-not-needed": warning("An exception that nothing needs"),
  "exception-expired": error("An exception that has ended"),
  "exception-ends-soon": notice("An exception that ends within thirty days"),
  "review-missed": warning("A review that is overdue"),
  "review-in-future": warning("A review dated in the future"),
} as const satisfies Record<string, Row>;

export type FindingCode = keyof typeof CATALOGUE;
