/**
 * Doors and rights -> the inventory's own data.
 *
 * Written as briefly as it can be said: what follows the plan is a range, what all terminals of a depot have in common
 * is the depot's. What does not follow the plan is written out, with the exception that it needs.
 */
import { contains, formatAddress, type Ipv4, type Network, parseNetwork } from "@ecluse/guard/address";
import { fold } from "../nearest.ts";
import { depotNetwork, type Position, positionOf, terminalId } from "../numbering.ts";
import { defined } from "../reading.ts";
import { placeOf } from "../tree.ts";
import type { RawDepot, RawInventory, RawTerminal } from "../schema.ts";
import type { Account } from "./account.ts";
import { type Doors, formatEndpoint, isSame, type OtherDoor, type TerminalDoor } from "./doors.ts";
import { nameFrom, proseFrom, unlike } from "./name.ts";
import { type Plan, plannedTarget, USUAL_PLAN } from "./plan.ts";
import { terminalList } from "./terminal-list.ts";

type RawException = NonNullable<RawInventory["exceptions"]>[number];

export interface Layout {
  readonly gateway: Ipv4;
  readonly doors: Doors;
  readonly sources: NonNullable<RawInventory["sources"]>;
  /** By `depot22-tpe01`, `flow/NAME` or `ssh`. */
  readonly rightsOf: (id: string) => readonly string[];
}

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

/** The inventory. Keys without content are absent. */
export function layOut({ gateway, doors, sources, rightsOf }: Layout, account: Account): RawInventory {
  const { plan } = doors;
  const ssh = rightsOf("ssh");
  const terminals = doors.terminals.toSorted((a, b) => order(a.position) - order(b.position));
  const exceptions = [
    ...terminals.flatMap((door) => terminalExceptions(door, plan, rightsOf, account)),
    ...doors.others.flatMap(({ name }) => anyone(`flow/${name}`, rightsOf)),
    ...anyone("ssh", rightsOf),
  ];
  return {
    gateway: { address: formatAddress(gateway), ...planKeys(plan) },
    ...filled("sources", sources),
    ...(ssh.length === 0 ? {} : { ssh: { allow: [...ssh] } }),
    ...filled("depots", depots(terminals, plan, rightsOf)),
    ...filled("flows", Object.fromEntries(doors.others.map((door) => [door.name, flow(door, rightsOf)]))),
    ...(exceptions.length === 0 ? {} : { exceptions }),
  };
}

/** Doors off the plan that are one more way to a terminal become its aliases, where the same sources may enter both. */
export function withAliases(doors: Doors, rightsOf: Layout["rightsOf"], gateway: Ipv4): Doors {
  const byTarget = new Map(doors.terminals.map((door) => [formatEndpoint(door.target), door]));
  const aliases = new Map<TerminalDoor, number[]>();
  const others = doors.others.filter((door) => {
    const terminal = byTarget.get(formatEndpoint(door.target));
    const isAlias =
      terminal !== undefined &&
      door.listen.address === gateway &&
      (terminal.aliases.includes(door.listen.port) ||
        sameNames(rightsOf(`flow/${door.name}`), rightsOf(terminalId(terminal.position))));
    if (isAlias) aliases.set(terminal, [...(aliases.get(terminal) ?? []), door.listen.port]);
    return !isAlias;
  });
  const terminals = doors.terminals.map((door) => {
    const all = new Set([...door.aliases, ...(aliases.get(door) ?? [])]);
    return { ...door, aliases: [...all] };
  });
  return { ...doors, terminals, others };
}

/** Each door that is no terminal's gets the name of its flow. */
export function withFlowNames(doors: Doors): Doors {
  const taken = new Set<string>();
  const others = doors.others.map((door) => {
    const name = unlike(nameFrom(door.name, `port-${door.listen.port}`), taken);
    taken.add(fold(name));
    return { ...door, name };
  });
  return { ...doors, others };
}

function order({ depot, terminal }: Position): number {
  return depot * 100 + terminal;
}

function planKeys(plan: Plan): Pick<RawInventory["gateway"], "terminals"> {
  const { network, firstHost, port } = plan;
  const isUsual =
    network.address === USUAL_PLAN.network.address && firstHost === USUAL_PLAN.firstHost && port === USUAL_PLAN.port;
  return isUsual ? {} : { terminals: { network: `${formatAddress(network.address)}/16`, firstHost, port } };
}

function filled<K extends string, T extends object>(key: K, value: T): Partial<Record<K, T>> {
  return (Object.keys(value).length === 0 ? {} : { [key]: value }) as Partial<Record<K, T>>;
}

function depots(
  terminals: readonly TerminalDoor[],
  plan: Plan,
  rightsOf: Layout["rightsOf"],
): Readonly<Record<string, RawDepot>> {
  const byDepot = Map.groupBy(terminals, ({ position }) => position.depot);
  return Object.fromEntries([...byDepot].map(([number, doors]) => [number, depot(doors, plan, rightsOf)]));
}

function depot(doors: readonly TerminalDoor[], plan: Plan, rightsOf: Layout["rightsOf"]): RawDepot {
  const lists = doors.map(({ position }) => rightsOf(terminalId(position)));
  const shared = sharedList(lists);
  const terminals = new Map(
    doors.map((door, index) => {
      const own = lists[index] ?? [];
      const allow = own.length === 0 || (shared !== undefined && sameNames(own, shared)) ? {} : { allow: [...own] };
      return [door.position.terminal, { ...terminal(door, plan), ...allow }] as const;
    }),
  );
  const name = doors.find(({ row }) => row?.depotName !== undefined)?.row?.depotName;
  return { ...defined({ name }), ...(shared ? { allow: [...shared] } : {}), terminals: terminalList(terminals) };
}

/** The list that most have, unless somebody has none: a terminal cannot say "nobody" against its depot. */
function sharedList(lists: readonly (readonly string[])[]): readonly string[] | undefined {
  if (lists.some((list) => list.length === 0)) return undefined;
  const groups = [...Map.groupBy(lists, (list) => list.toSorted().join(" ")).values()];
  return groups.toSorted((a, b) => b.length - a.length)[0]?.[0];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function terminal({ position, target, aliases, row }: TerminalDoor, plan: Plan): RawTerminal {
  const planned = plannedTarget(plan, position);
  const { label, model, serial } = row ?? {};
  return {
    ...defined({ label, model, serial }),
    ...(target.address === planned.address ? {} : { address: formatAddress(target.address) }),
    ...(target.port === planned.port ? {} : { port: target.port }),
    ...(aliases.length === 0 ? {} : { aliases: [...aliases] }),
  };
}

function flow(
  { name, listen, target }: OtherDoor,
  rightsOf: Layout["rightsOf"],
): NonNullable<RawInventory["flows"]>[string] {
  const allow = rightsOf(`flow/${name}`);
  return {
    listen: formatEndpoint(listen),
    target: formatEndpoint(target),
    ...(allow.length === 0 ? {} : { allow: [...allow] }),
  };
}

function terminalExceptions(
  door: TerminalDoor,
  plan: Plan,
  rightsOf: Layout["rightsOf"],
  { report }: Account,
): readonly RawException[] {
  const { at, position, target, aliases } = door;
  const on = terminalId(position);
  const reason = sourceOfSpot(at);
  const isWritten = !isSame({ ...target, port: 0 }, { ...plannedTarget(plan, position), port: 0 });
  const rules = [
    ...(contains(LOOPBACK, target.address) ? ["terminal-on-loopback" as const] : []),
    ...(isWritten && !contains(depotNetwork(plan.network, position.depot), target.address)
      ? ["terminal-outside-network" as const]
      : []),
    ...(aliases.some((port) => positionOf(port) === undefined) ? ["port-outside-plan" as const] : []),
  ];
  for (const rule of rules) {
    const message = `${on} needs the exception ${rule}: ${formatEndpoint(target)}, ports ${[...aliases].join(", ")}`;
    const said = aliases.length === 0 ? message.replace(", ports ", "") : message;
    report.add("off-plan", at, said, "keep it with its reason, or bring the terminal back to the plan");
  }
  return [...rules.map((rule) => ({ rule, on, reason })), ...anyone(on, rightsOf)];
}

function anyone(on: string, rightsOf: Layout["rightsOf"]): readonly RawException[] {
  return rightsOf(on).includes("any") ? [{ rule: "source-any", on, reason: "as the rules of ufw had it" }] : [];
}

function sourceOfSpot(at: TerminalDoor["at"]): string {
  const { file, line } = placeOf(at);
  return proseFrom(`as in ${file}, line ${line}`);
}
