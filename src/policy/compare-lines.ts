/** A change of policy in plain English, for the operator who is about to apply it. Pure. */
import type { AccessChange, DoorSide, PolicyChange, Reach, Redirected, SettingChange } from "./policy-change.ts";

/** How much changes: numbers of doors, flows and limits, not of lines. */
export interface ChangeCounts {
  readonly opened: number;
  readonly closed: number;
  readonly redirected: number;
  /** Flows at which somebody gains or loses entry. */
  readonly gaining: number;
  readonly losing: number;
  /** Flows at which somebody's right ends at another instant than before. */
  readonly ends: number;
  readonly settings: number;
  readonly limits: number;
  /** Flows entered as before by a rule with another name. */
  readonly rules: number;
}

export function countChange({ doors, access, rules, settings, limits }: PolicyChange): ChangeCounts {
  const gained = access.filter(({ what }) => what === "gained");
  const lost = access.filter(({ what }) => what === "lost");
  return {
    opened: doors.opened.length,
    closed: doors.closed.length,
    redirected: doors.redirected.length,
    gaining: distinctFlows(gained),
    losing: distinctFlows(lost),
    ends: distinctFlows(access.filter(({ what }) => what !== "gained" && what !== "lost")),
    settings: distinctFlows(settings),
    limits: limits.length,
    rules: distinctFlows(rules),
  };
}

/**
 * One line per change, the gravest first: who loses and gains, whose rights end otherwise, doors, then the rest.
 * Lists are cut to a few names; the change itself has them all. No line: nothing changes.
 */
export function describeChange(change: PolicyChange): readonly string[] {
  const { access, doors } = change;
  return [
    ...access.filter(({ what }) => what === "lost").map(accessLine),
    ...access.filter(({ what }) => what === "gained").map(accessLine),
    ...access.filter(({ what }) => what !== "lost" && what !== "gained").map(accessLine),
    ...doorLine("closes", doors.closed),
    ...doorLine("opens", doors.opened),
    ...doors.redirected.map(redirectedLine),
    ...change.flows.renamed.map(({ before, after }) => `${before} is called ${after} from now on`),
    ...change.settings.map(settingLine),
    ...change.limits.map(({ limit, before, after }) => `limit ${limit}: ${after} instead of ${before}`),
    ...change.rules.map(
      ({ before, after, flows, ...reach }) =>
        `no change of access: ${who({ ...reach, source: after })} entered by ${before}: ${countFlows(flows)}`,
    ),
  ];
}

function accessLine(change: AccessChange): string {
  const where = countFlows(change.flows);
  switch (change.what) {
    case "gained":
    case "lost": {
      const verb = `${change.what === "gained" ? "gain" : "lose"}${change.networks.length === 1 ? "s" : ""}`;
      return `${who(change)} ${verb} ${where}${until(change)}: ${few(change.flows)}`;
    }
    case "gets-end":
      return `${who(change)}: access to ${where} ends at ${change.after ?? ""}, had no end: ${few(change.flows)}`;
    case "loses-end":
      return `${who(change)}: access to ${where} has no end, ended at ${change.before ?? ""}: ${few(change.flows)}`;
    case "ends-sooner":
    case "ends-later": {
      const when = change.what === "ends-sooner" ? "sooner" : "later";
      const ends = `${change.after ?? ""} instead of ${change.before ?? ""}`;
      return `${who(change)}: access to ${where} ends ${when}, at ${ends}: ${few(change.flows)}`;
    }
  }
}

function until(change: { readonly what: "gained" | "lost"; readonly until?: string }): string {
  if (change.until === undefined) return "";
  return change.what === "gained" ? ` until ${change.until}` : ` (would have ended at ${change.until})`;
}

function who({ networks, source }: Pick<Reach, "networks" | "source">): string {
  if (networks[0] === "0.0.0.0/0") return `everyone (${source})`;
  return networks.length === 1 && networks[0] === source ? source : `${few(networks)} (${source})`;
}

function doorLine(verb: string, doors: readonly DoorSide[]): readonly string[] {
  if (doors.length === 0) return [];
  const names = doors.map(({ endpoint, flow, target }) => `${endpoint} (${flow}, to ${target})`);
  return [`${verb} ${counted(doors.length, "door")}: ${few(names)}`];
}

function redirectedLine({ endpoint, before, after }: Redirected): string {
  const spell = ({ flow, target }: Omit<DoorSide, "endpoint">): string => `${target} (${flow})`;
  return `${endpoint} leads to ${spell(after)} instead of ${spell(before)}`;
}

function settingLine({ setting, before, after, flows }: SettingChange): string {
  const [was, is] = [before ?? "none", after ?? "none"];
  const since = setting === "engine" ? ", from the next start of the gateway" : "";
  return `${setting}: ${is} instead of ${was} at ${countFlows(flows)}${since}: ${few(flows)}`;
}

/** `14 terminals`, `1 terminal and 2 flows`. */
function countFlows(flows: readonly string[]): string {
  const services = flows.filter((id) => id.startsWith("service/")).length;
  const others = flows.filter((id) => id.startsWith("flow/")).length;
  const kinds = [
    [flows.length - services - others, "terminal"],
    [services, "service"],
    [others, "flow"],
  ] as const;
  return listed(kinds.filter(([count]) => count > 0).map(([count, kind]) => counted(count, kind)));
}

const counted = (count: number, what: string): string =>
  `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

/** Three names and how many more; four where that is all. */
function few(names: readonly string[]): string {
  if (names.length <= 4) return listed(names);
  return `${names.slice(0, 3).join(", ")} and ${(names.length - 3).toLocaleString("en")} more`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

function distinctFlows(changes: readonly { readonly flows: readonly string[] }[]): number {
  return new Set(changes.flatMap(({ flows }) => flows)).size;
}
