/**
 * Rules joined to doors by their ports: who may enter what, in the order in which ufw would decide. Rules for what is routed
 * are joined by where the doors lead: the kernel engine's connections have been translated before ufw sees them.
 */
import { contains, overlaps } from "@ecluse/guard/address";
import type { Endpoint } from "../model.ts";
import type { Account } from "./account.ts";
import { covers, formatSpans, type Rule } from "./draft.ts";
import type { SourceBook } from "./sources.ts";

const SSH = 22;

/** Something that may be entered: a door, or the host's SSH. */
export interface Enterable {
  readonly id: string;
  readonly endpoints: readonly Endpoint[];
  /** Where it leads. */
  readonly target: Endpoint;
}

export interface Rights {
  /** The sources of an id, in the order of the rules; nothing: nobody. */
  readonly of: (id: string) => readonly string[];
}

/** Joins the rules, tells what became of each, and says who may enter. */
export function rightsOf(
  rules: readonly Rule[],
  doors: readonly Enterable[],
  { sources, account }: { readonly sources: SourceBook; readonly account: Account },
): Rights {
  const rights = new Map<string, Set<string>>();
  const byPort = new Map<number, Enterable[]>();
  for (const door of doors) {
    for (const { port } of door.endpoints) byPort.set(port, [...(byPort.get(port) ?? []), door]);
  }
  const denials: Rule[] = [];
  for (const rule of rules) {
    if (rule.action === "deny") denials.push(rule);
    else join(rule, { opened: openedBy(rule, doors, byPort), denials, rights, sources, account });
  }
  return { of: (id) => [...(rights.get(id) ?? [])] };
}

interface Joining {
  readonly opened: readonly Enterable[];
  readonly denials: readonly Rule[];
  readonly rights: Map<string, Set<string>>;
  readonly sources: SourceBook;
  readonly account: Account;
}

/** The doors of a rule. Most rules are for one port, and there may be thousands of both. */
function openedBy(
  rule: Rule,
  doors: readonly Enterable[],
  byPort: ReadonlyMap<number, readonly Enterable[]>,
): readonly Enterable[] {
  if (rule.isRouted) return doors.filter(({ target }) => isOpened(rule, target));
  const [only, ...others] = rule.ports ?? [];
  const some = only?.first === only?.last && others.length === 0 ? (byPort.get(only?.first ?? 0) ?? []) : doors;
  return some.filter(({ endpoints }) => endpoints.some((endpoint) => isOpened(rule, endpoint)));
}

function isOpened({ ports, to }: Rule, { address, port }: Endpoint): boolean {
  return covers(ports, port) && (to === undefined || contains(to, address));
}

function join(rule: Rule, { opened, denials, rights, sources, account }: Joining): void {
  const isSsh = !rule.isRouted && covers(rule.ports, SSH);
  const { at, text, ports = [] } = rule;
  if (opened.length === 0 && !isSsh) {
    const message = `${text}: no door ${rule.isRouted ? "leads there" : `is offered on ${formatSpans(ports)}`}`;
    account.report.add("rule-left-out", at, message, "remove the rule, or import what publishes that port too");
    return;
  }
  if (denials.some((denial) => isBefore(denial, rule))) {
    const message = `${text}: an earlier rule denies some of it, and the inventory knows no order`;
    account.report.add("rule-left-out", at, message, "write a rule for those alone who may come");
    return;
  }
  const source = sources.nameOf(rule);
  if (source === undefined) return;
  const ids = [...opened.map(({ id }) => id), ...(isSsh ? ["ssh"] : [])];
  for (const id of ids) rights.set(id, (rights.get(id) ?? new Set()).add(source));
  tell(rule, { source, ids }, account);
}

/** Whether ufw would decide by the denial first, for some of those whom the other rule lets in. */
function isBefore(denial: Rule, rule: Rule): boolean {
  if (denial.isRouted !== rule.isRouted) return false;
  const samePort =
    denial.ports === undefined ||
    (rule.ports ?? []).some(({ first, last }) => denial.ports?.some((one) => one.first <= last && first <= one.last));
  const sameHost = denial.to === undefined || rule.to === undefined || overlaps(denial.to, rule.to);
  return samePort && sameHost && sharesSource(denial.from, rule.from);
}

/** What a text stands for is not compared: it may be the same. */
function sharesSource(a: Rule["from"], b: Rule["from"]): boolean {
  if (a === "anyone" || b === "anyone" || "standsFor" in a || "standsFor" in b) return true;
  return overlaps(a, b);
}

function tell(
  { at, text, from, opensUdpToo }: Rule,
  { source, ids }: { readonly source: string; readonly ids: readonly string[] },
  account: Account,
): void {
  const places = ids.length > 4 ? `${ids.slice(0, 3).join(", ")} and ${ids.length - 3} more` : ids.join(", ");
  const udp = opensUdpToo ? "; without proto tcp it had opened udp as well" : "";
  account.did(at, `${text}: ${source} may enter ${places}${udp}`);
  if (from !== "anyone") return;
  const message = `${text}: everyone may enter ${places}, as it was; the inventory says so in an exception`;
  account.report.add("anyone", at, message, "name who may come, and remove the exception source-any");
}
