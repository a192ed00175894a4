/** UFW's own files, against what is loaded and what the inventory says. Who gets through is `walls.ts`'s. */
import { formatNetwork } from "@ecluse/guard/address";
import { positionOf } from "../../inventory/numbering.ts";
import { type Audited, finding } from "../audited.ts";
import type { AuditFinding, Evidence } from "../finding.ts";
import { meaningOf } from "../parse/iptables.ts";
import { type Ufw, type UfwEntry, deleting } from "../parse/ufw.ts";
import {
  type AddressSet,
  EVERYBODY,
  addressRange,
  addressesOf,
  holds,
  intersection,
  isNobody,
  networksIn,
  unionOf,
  without,
} from "../wall/address-set.ts";
import { DENYING, allowsAll } from "../wall/mending.ts";
import type { Rule } from "../wall/ruleset.ts";
import { guardedDoors } from "./guarded-doors.ts";
import { sshDoors } from "./ssh-doors.ts";

export function compareUfw(audited: Audited): readonly AuditFinding[] {
  const { ufw } = audited;
  if (ufw.enabled === undefined) return [];
  const ports = new Set(audited.doors.map(({ endpoint }) => endpoint.port));
  const concerned = ufw.entries.filter((entry) => mentions(entry, ports));
  const stands = ufw.enabled && isLoaded(audited);
  if (!stands) return concerned.length === 0 ? [] : [off(audited, ufw, concerned)];
  return [
    ...(allowsAll(ufw) ? [allowsByDefault(audited)] : []),
    ...notLoaded(audited, ufw),
    ...leftOver(audited, ufw, ports),
    ...leftOverRoutes(audited, ufw),
    ...concerned.filter(opensUdp).map((entry) => udp(audited, entry)),
  ];
}

function isLoaded({ walls }: Audited): boolean {
  return walls.walls.chains.some(({ chain }) =>
    chain.rules.some(({ action }) => action.kind === "jump" && action.target.place.chain === "ufw-before-input"),
  );
}

function mentions(entry: UfwEntry, ports: ReadonlySet<number>): boolean {
  return entry.port !== "any" && exactPorts(entry).some((port) => ports.has(port));
}

/** A list of them; of a range, every port. */
function exactPorts({ port }: UfwEntry): readonly number[] {
  return port.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split(":").map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}

/** SSH first: whoever turns a firewall on from afar must not lock himself out. */
function off(audited: Audited, ufw: Ufw, concerned: readonly UfwEntry[]): AuditFinding {
  const ssh = sshDoors(audited).flatMap(({ endpoint, allowed }) =>
    networksIn(allowed).map((from) => `ufw allow from ${formatNetwork(from)} to any port ${endpoint.port} proto tcp`),
  );
  return finding(audited, "ufw-off", {
    message: `UFW has ${concerned.length} rules for doors of this host, and does not stand: ${ufw.enabled === true ? "it is enabled, and its chains are not in use" : "it is not enabled"}`,
    evidence: {
      source: "grep ENABLED /etc/ufw/ufw.conf; ufw status",
      line: `ENABLED=${ufw.enabled === true ? "yes" : "no"}`,
    },
    fix: [...ssh, ...(ufw.enabled === true ? restarting(audited) : ["ufw --force enable"])].join(" && "),
  });
}

/** UFW that finds its own chains does not lead to them again: those are led to by hand, in its order. */
function restarting({ walls }: Audited): readonly string[] {
  if (!walls.rules.some(({ place }) => place.chain === "ufw-before-input"))
    return ["ufw disable", "ufw --force enable"];
  const jumps = ["before-logging", "before", "after", "after-logging", "reject", "track"];
  return [...jumps.map((name) => `iptables -A INPUT -j ufw-${name}-input`), "iptables -P INPUT DROP"];
}

function allowsByDefault(audited: Audited): AuditFinding {
  return finding(audited, "ufw-default-allows", {
    message: "UFW lets in whoever no rule names: its rules that allow are without effect",
    evidence: { source: "grep DEFAULT_INPUT_POLICY /etc/default/ufw", line: 'DEFAULT_INPUT_POLICY="ACCEPT"' },
    fix: DENYING,
  });
}

/** Rules by what they say: the file and iptables-save spell them differently. */
function notLoaded(audited: Audited, { entries, routed }: Ufw): readonly AuditFinding[] {
  const loaded = audited.walls.rules.filter(({ place }) => /^ufw-user-(?:input|forward)$/.test(place.chain));
  const written = [...entries, ...routed].flatMap(({ rules }) => rules);
  const [there, wanted] = [loaded, written].map((rules) => new Set(rules.map(inItsChain)));
  const missing = written.filter((rule) => there?.has(inItsChain(rule)) === false);
  const extra = loaded.filter((rule) => wanted?.has(inItsChain(rule)) === false);
  const [first] = [...missing, ...extra];
  if (first === undefined) return [];
  return [
    finding(audited, "ufw-not-loaded", {
      message: `of UFW's rules ${missing.length} stand in its file and are not loaded, ${extra.length} are loaded and not in its file`,
      evidence: { source: "diff of /etc/ufw/user.rules and iptables-save", line: first.line },
      fix: "ufw reload",
    }),
  ];
}

function inItsChain(rule: Rule): string {
  return `${rule.place.chain} ${meaningOf(rule)}`;
}

function leftOver(audited: Audited, { entries }: Ufw, ports: ReadonlySet<number>): readonly AuditFinding[] {
  if (audited.host !== "gateway") return [];
  return entries
    .filter((entry) => /^(?:allow|limit)/.test(entry.action) && entry.port !== "any")
    .filter((entry) => exactPorts(entry).every((port) => positionOf(port) !== undefined && !ports.has(port)))
    .map((entry) =>
      finding(audited, "rule-left-over", {
        message: `UFW lets somebody in at ${entry.port}, which the inventory does not have: ${entry.words}`,
        evidence: evidenceOf(entry),
        fix: deleting(entry),
      }),
    );
}

/** Whoever they name reaches something in a depot without a door: no door of the kernel's leads there. */
function leftOverRoutes(audited: Audited, { routed }: Ufw): readonly AuditFinding[] {
  if (audited.host !== "gateway") return [];
  const { policy, inventory } = audited;
  const depots = addressesOf([inventory.gateway.terminals.network]);
  const led = policy.kernel === undefined ? [] : [...policy.doors.values()].map(({ flow }) => flow.target);
  return routed.flatMap((entry) => {
    const to = namedBy(entry.rules[0], "destination");
    const isAbout = /^(?:allow|limit)/.test(entry.action) && entry.port !== "any" && isNobody(without(to, depots));
    const ports = isAbout ? new Set(exactPorts(entry)) : new Set();
    if (!isAbout || led.some(({ address, port }) => ports.has(port) && holds(to, address))) return [];
    return [
      finding(audited, "rule-left-over", {
        message: `UFW lets somebody through to the depots at ${entry.port}, where no door leads: ${entry.words}`,
        evidence: evidenceOf(entry),
        fix: deleting(entry),
      }),
    ];
  });
}

function opensUdp({ action, protocol }: UfwEntry): boolean {
  return /^(?:allow|limit)/.test(action) && (protocol === "any" || protocol === "udp");
}

function udp(audited: Audited, entry: UfwEntry): AuditFinding {
  return finding(audited, "rule-opens-udp", {
    message: `UFW opens UDP at ${entry.port}, too: ${entry.words}`,
    evidence: evidenceOf(entry),
    fix: [...overTcp(audited, entry), deleting(entry)].join(" && "),
  });
}

/** What the entry lets in rightly, over TCP alone. */
function overTcp(audited: Audited, { rules, ...entry }: UfwEntry): readonly string[] {
  if (entry.protocol === "udp") return [];
  const ports = new Set(exactPorts({ ...entry, rules }));
  const named = namedBy(rules[0], "source");
  return guardedDoors(audited)
    .filter(({ endpoint }) => ports.has(endpoint.port))
    .flatMap(({ endpoint: { port }, allowed }) =>
      networksIn(intersection(allowed, named)).map(
        (from) => `ufw allow from ${formatNetwork(from)} to any port ${port} proto tcp`,
      ),
    );
}

/** Which addresses a rule of UFW names. */
function namedBy(rule: Rule | undefined, field: "source" | "destination"): AddressSet {
  const named = rule?.conditions.find((each) => each.kind === "lookup" && each.fields[0] === field);
  if (named?.kind !== "lookup") return EVERYBODY;
  return unionOf(
    named.elements.flatMap(([part]) =>
      part !== undefined && "from" in part ? [addressRange(part.from, part.to)] : [],
    ),
  );
}

function evidenceOf({ tuple, rules }: UfwEntry): Evidence {
  const lines = [`### tuple ### ${tuple}`, ...rules.map(({ line }) => line)];
  return { source: "cat /etc/ufw/user.rules", line: lines.join("\n") };
}
