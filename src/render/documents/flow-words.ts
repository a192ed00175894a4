/** Rows of flows in words: a run of terminals is one line, and reads so. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Source } from "../../inventory/model.ts";
import { publicPortOf } from "../../inventory/numbering.ts";
import type { FlowRow } from "./flow-rows.ts";
import { type Place, formatEndpoint, formatInstant } from "./place.ts";
import { type Run, runsOf } from "./runs.ts";
import type { Words } from "./words.ts";

/** Terminals of one depot, each one port and one address after the other, open to the same on the same terms. */
export function flowRuns(rows: readonly FlowRow[]): readonly Run<FlowRow>[] {
  return runsOf(rows, termsOf, isNextDoor);
}

/** What rows must share to be one line. */
function termsOf(row: FlowRow): string {
  const { position, target } = row;
  if (position === undefined) return `${row.flow} ${row.source.name} ${row.port}`;
  const terms = [row.owner, row.reason, row.approver, row.reviewed, row.nextReview, row.until, target?.port];
  return JSON.stringify([position.depot, row.source.name, ...terms]);
}

/** The next terminal, at the next port, with the next address. */
export function isNextDoor(row: Listens, before: Listens): boolean {
  const isNext = (a = 0, b = 0): boolean => a === b + 1;
  return (
    isNext(row.port, before.port) &&
    isNext(row.position?.terminal, before.position?.terminal) &&
    isNext(row.target?.address, before.target?.address)
  );
}

export function portsOf({ first, last }: Run<Pick<FlowRow, "port">>): string {
  return first.port === last.port ? String(first.port) : `${first.port}-${last.port}`;
}

/** What of a row does not depend on who comes. */
export type Listens = Pick<FlowRow, "flow" | "port" | "target" | "position" | "label" | "through">;

/** What it is, where it is relayed to, and what is special about it. */
export function descriptionOf({ first, last }: Run<Listens>, words: Words): string {
  const { things } = words;
  // What one terminal is called, in a run of them, stands in the terminal table.
  const label = first.label === undefined || first !== last ? "" : ` (${first.label})`;
  const target = targetOf({ first, last }, words);
  const special = [
    ...(isSecondPort(first) ? [things.secondPort] : []),
    ...(first.through.length > 0 ? [things.through(first.through.join(", "))] : []),
  ];
  const leads = target === "" ? "" : ` → ${target}`;
  return `${nameOf({ first, last }, words)}${label}${leads}${special.map((text) => `; ${text}`).join("")}`;
}

export function targetOf({ first, last }: Run<Pick<FlowRow, "target">>, { things }: Words): string {
  if (first.target === undefined || last.target === undefined) return "";
  if (first.target.address === last.target.address) return formatEndpoint(first.target);
  return things.to(formatAddress(first.target.address), formatEndpoint(last.target));
}

function nameOf({ first, last }: Run<Listens>, { things }: Words): string {
  const { flow, position } = first;
  if (position !== undefined) {
    return things.terminalsOf(position.depot, position.terminal, last.position?.terminal ?? position.terminal);
  }
  if (flow.startsWith("service/")) return things.service(flow.slice("service/".length));
  return flow.startsWith("flow/") ? things.flow(flow.slice("flow/".length)) : things.ssh;
}

function isSecondPort({ port, position }: Listens): boolean {
  return position !== undefined && port !== publicPortOf(position);
}

export function placeWords({ address, isGateway, machine }: Place, { things }: Words): string {
  if (address === 0) return `${things.everyAddress} (0.0.0.0)`;
  const names = [...(isGateway ? [things.gateway] : []), ...(machine === undefined ? [] : [machine])];
  return [...(names.length === 0 ? [] : [names.join(", ")]), formatAddress(address)].join(" ");
}

/** `any` is everybody; the rest are what the operator called them. */
export function sourceWords({ name }: Pick<Source, "name">, { things }: Words): string {
  return name === "any" ? `any (${things.anybody})` : name;
}

export function addressesOf({ networks }: Pick<Source, "networks">): string {
  return networks.map(formatNetwork).join(" ");
}

const A_FEW = 3;

/** The first of them, where a sentence only has to say who is meant. */
export function someAddressesOf({ networks }: Pick<Source, "networks">, { things }: Words): string {
  const first = networks.slice(0, A_FEW).map(formatNetwork).join(", ");
  return networks.length <= A_FEW ? first : `${first}, ${things.more(networks.length - A_FEW)}`;
}

/** Who answers for it, why, since and until when: the last cells of its row. */
export function answersOf(row: FlowRow): readonly string[] {
  const { owner = "", reason = "", approver = "", reviewed = "", nextReview = "" } = row;
  return [owner, reason, approver, reviewed, nextReview, untilOf(row)];
}

export function untilOf({ until }: Pick<FlowRow, "until">): string {
  return until === undefined ? "" : formatInstant(until);
}
