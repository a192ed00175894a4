/** The doors that today's files open, put together: a port of the plan is a terminal's, anything else a flow's. */
import { formatAddress, type Ipv4, parseNetwork, contains, type Network } from "@ecluse/guard/address";
import { formatPlace } from "../finding.ts";
import type { Endpoint } from "../model.ts";
import { type Position, positionOf, publicPortOf, terminalId } from "../numbering.ts";
import { quote } from "../quote.ts";
import { placeOf, type Spot } from "../tree.ts";
import type { Account } from "./account.ts";
import type { Mapping, TerminalRow } from "./draft.ts";
import { type Plan, plannedTarget, planOf } from "./plan.ts";

/** A terminal that the inventory gets. */
export interface TerminalDoor {
  readonly at: Spot;
  readonly position: Position;
  readonly target: Endpoint;
  readonly aliases: readonly number[];
  readonly row?: TerminalRow;
}

/** A door that is no terminal's of the plan. */
export interface OtherDoor {
  readonly at: Spot;
  readonly name: string;
  readonly listen: Endpoint;
  readonly target: Endpoint;
  /** Which words said the target. */
  readonly by: string;
}

export interface Doors {
  readonly plan: Plan;
  readonly terminals: readonly TerminalDoor[];
  readonly others: readonly OtherDoor[];
}

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

/** The addresses on which mappings are published, loopback aside: one of them is the gateway's, where they say it. */
export function publishedOn(mappings: readonly Mapping[]): readonly Ipv4[] {
  const hosts = mappings.flatMap(({ host }) => (host === undefined || contains(LOOPBACK, host) ? [] : [host]));
  return [...new Set(hosts)];
}

export function doorsOf(
  gateway: Ipv4,
  { mappings, rows }: { readonly mappings: readonly Mapping[]; readonly rows: readonly TerminalRow[] },
  account: Account,
): Doors {
  const single = withoutDoubles(gateway, mappings, account);
  const placed = single.flatMap((mapping) => {
    const position = hostOf(mapping, gateway) === gateway ? positionOf(mapping.port) : undefined;
    if (position !== undefined) judgeName(mapping, position, account);
    return position === undefined ? [] : [{ position, target: mapping.target, mapping }];
  });
  const written = rows.flatMap(({ position, address, port }) => {
    return address === undefined ? [] : [{ position, target: { address, port: port ?? 8888 } }];
  });
  const plan = planOf(placed.length > 0 ? placed : written);
  const byId = new Map(rows.map((row) => [terminalId(row.position), row]));
  const terminals = placed.map(({ position, target, mapping }): TerminalDoor => {
    const row = byId.get(terminalId(position));
    if (row !== undefined) judgeAgreement(row, mapping, account);
    tellOfDoor(
      mapping,
      { id: terminalId(position), isPlanned: isSame(target, plannedTarget(plan, position)) },
      account,
    );
    return { at: mapping.at, position, target, aliases: aliasesOf(row), ...(row === undefined ? {} : { row }) };
  });
  const known = new Set(terminals.map(({ position }) => terminalId(position)));
  const fromTable = rows.filter(({ position }) => !known.has(terminalId(position)));
  tellOfOneSided(terminals, fromTable, { both: mappings.length > 0 && rows.length > 0 }, account);
  const others = single.flatMap((mapping): readonly OtherDoor[] => {
    const listen = { address: hostOf(mapping, gateway), port: mapping.port };
    if (listen.address === gateway && positionOf(listen.port) !== undefined) return [];
    return [{ at: mapping.at, name: mapping.name, listen, target: mapping.target, by: mapping.by }];
  });
  return { plan, terminals: [...terminals, ...fromTable.map((row) => rowDoor(row, plan))], others };
}

function rowDoor(row: TerminalRow, plan: Plan): TerminalDoor {
  const planned = plannedTarget(plan, row.position);
  const target = { address: row.address ?? planned.address, port: row.port ?? planned.port };
  return { at: row.at, position: row.position, target, aliases: aliasesOf(row), row };
}

function aliasesOf(row: TerminalRow | undefined): readonly number[] {
  return row?.alias === undefined ? [] : [row.alias];
}

function hostOf({ host }: Mapping, gateway: Ipv4): Ipv4 {
  return host ?? gateway;
}

/** One mapping for each public endpoint; two that lead to different places contradict each other. */
function withoutDoubles(gateway: Ipv4, mappings: readonly Mapping[], account: Account): readonly Mapping[] {
  const first = new Map<string, Mapping>();
  for (const mapping of mappings) {
    const endpoint = formatEndpoint({ address: hostOf(mapping, gateway), port: mapping.port });
    const before = first.get(endpoint);
    if (before === undefined) first.set(endpoint, mapping);
    else if (isSame(before.target, mapping.target)) account.did(mapping.at, `${mapping.name}: ${endpoint} once more`);
    else {
      const message = `${quote(mapping.name)} and ${quote(before.name)} (at ${formatPlace(placeOf(before.at))}) both publish ${endpoint}`;
      account.report.add("published-twice", mapping.at, message, "leave the one that is really reached");
    }
  }
  return [...first.values()];
}

function judgeName({ name, port, at }: Mapping, position: Position, { report }: Account): void {
  const [, depot, terminal] = /^d[eé]p[oô]t\D*(\d+)\D+(\d+)$/i.exec(name) ?? [];
  if (depot === undefined) return;
  const called = terminalId({ depot: Number(depot), terminal: Number(terminal) });
  if (called === terminalId(position)) return;
  const message = `${quote(name)} is published on ${port}, which is ${terminalId(position)}'s; the port was believed`;
  report.add("name-differs", at, message, "see which terminal really is behind that port");
}

function judgeAgreement(row: TerminalRow, { target, at, name }: Mapping, { report }: Account): void {
  const address = row.address ?? target.address;
  const port = row.port ?? target.port;
  if (isSame({ address, port }, target)) return;
  const message = `${terminalId(row.position)} is at ${formatEndpoint({ address, port })} here, and at ${formatEndpoint(target)} by ${quote(name)} (at ${formatPlace(placeOf(at))})`;
  report.add("contradiction", row.at, message, "correct the one that is wrong");
}

function tellOfDoor(
  { name, at, port, target, by }: Mapping,
  { id, isPlanned }: { readonly id: string; readonly isPlanned: boolean },
  account: Account,
): void {
  const leads = `${port} -> ${formatEndpoint(target)} (by ${by})`;
  account.did(at, `${name}: ${leads} becomes ${id}${isPlanned ? "" : ", its address or port off the plan"}`);
}

function tellOfOneSided(
  doors: readonly TerminalDoor[],
  fromTable: readonly TerminalRow[],
  { both }: { readonly both: boolean },
  account: Account,
): void {
  if (!both) return;
  for (const { at, position } of fromTable) {
    const id = terminalId(position);
    const message = `${id} stands in the table alone: nothing publishes ${publicPortOf(position)} today`;
    account.report.add("one-sided", at, message, "remove the row, or keep the new door that this inventory opens");
  }
  for (const { at, position, row } of doors) {
    if (row !== undefined) continue;
    const message = `${terminalId(position)} is published, and missing from the table`;
    account.report.add("one-sided", at, message, "add it to the table");
  }
}

export function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}
