/**
 * Doors side by side: consecutive ports of one address that the same sources may enter are one opening, one rule.
 *
 * 7,128 terminals for two networks are 144 rules so, not 14,256; no port lies in an opening that is not a door of it.
 */
import type { Ipv4, Network } from "@ecluse/guard/address";
import type { HostDoor } from "./host.ts";

export interface Opening {
  /** 0.0.0.0: every address of the host. */
  readonly address: Ipv4;
  readonly first: number;
  readonly last: number;
  readonly comers: readonly Network[];
  /** `depot22-tpe02 Caisse 2`; of several flows the first and the last: `depot01-tpe01..depot01-tpe09`. */
  readonly name: string;
}

/** Sorted by address and port. Doors of different depots are not joined: an opening can be named. */
export function openingsOf(doors: readonly HostDoor[]): readonly Opening[] {
  return joined(doors, (last, next) => next.port === last.port + 1 && depotOf(last) === depotOf(next));
}

/** Sorted by address and port, joined where doors of one address have the same comers and may be according to `follows`. */
export function joined(
  doors: readonly HostDoor[],
  follows: (last: HostDoor, next: HostDoor) => boolean,
): readonly Opening[] {
  const runs: [HostDoor, ...HostDoor[]][] = [];
  for (const door of doors.toSorted((a, b) => a.address - b.address || a.port - b.port)) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (last?.address === door.address && last.comers === door.comers && follows(last, door)) run?.push(door);
    else runs.push([door]);
  }
  return runs.map(opening);
}

function opening(run: readonly [HostDoor, ...HostDoor[]]): Opening {
  const [first] = run;
  const last = run.at(-1) ?? first;
  return {
    address: first.address,
    first: first.port,
    last: last.port,
    comers: first.comers,
    name: nameOf(first, last),
  };
}

/** `depot22-tpe02 Caisse 2`; of several flows the first and the last. */
export function nameOf(first: HostDoor, last: HostDoor): string {
  if (first.flow !== last.flow) return `${first.flow.id}..${last.flow.id}`;
  return first.label === undefined ? first.flow.id : `${first.flow.id} ${first.label}`;
}

/** A terminal's depot; anything else stands alone. */
export function depotOf({ flow }: HostDoor): number | string {
  return flow.position?.depot ?? flow.id;
}
