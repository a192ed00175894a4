/**
 * From one table to another: the elements that differ, and nothing else, in one transaction.
 *
 * What is new is made first and what nobody needs any more is deleted last, for the kernel refuses to delete a chain that a
 * door leads to. An element that changes is deleted and added: at no instant is it absent.
 */
import type { Endpoint } from "../../../inventory/model.ts";
import { type Door, endpointKey } from "../../../policy/policy.ts";
import { TABLE, type Table, written, writtenKey } from "./table.ts";
import { enteredRules, patience, patienceName } from "./table-limits.ts";
import { doorElement, fullElement, gateChain, sourceSet, targetElement } from "./table-text.ts";

/** Empty: they are the same. */
export function tableChange(before: Table, after: Table): string {
  const doors = movedDoors(before, after);
  const terminals = [...new Set(doors.flatMap(targetsOf))];
  return [
    ...newChains(before, after),
    ...limitChanges(before, after),
    ...elementChanges("targets", doors, ({ at, was, is }) => ({
      ...{ key: written(at), was: was && targetElement(was), is: is && targetElement(is) },
    })),
    ...elementChanges("terminals", terminals, (target) => {
      const elementIn = (table: Table) => (table.terminals.has(target) ? writtenKey(target) : undefined);
      return { key: writtenKey(target), was: elementIn(before), is: elementIn(after) };
    }),
    ...elementChanges("full", terminals, (target) => ({
      ...{ key: writtenKey(target), was: fullElement(before, target), is: fullElement(after, target) },
    })),
    ...elementChanges("doors", doors, ({ at, was, is }) => ({
      ...{ key: written(at), was: was && doorElement(before, was), is: is && doorElement(after, is) },
    })),
    ...oldChains(before, after),
  ].join("");
}

/** An endpoint of which the two tables may say something else. */
interface MovedDoor {
  readonly at: Endpoint;
  readonly was: Door | undefined;
  readonly is: Door | undefined;
}

/** A policy keeps the doors of the one before that are the same: one among thousands is found without writing out any. */
function movedDoors(before: Table, after: Table): readonly MovedDoor[] {
  const isEvery = before.isShut !== after.isShut;
  const moved: MovedDoor[] = [];
  if (before.doors === after.doors && !isEvery) return moved;
  const [old, young] = isEvery ? [before, after].map(allDoors) : unshared(allDoors(before), allDoors(after));
  for (const is of young ?? []) {
    const was = before.doors.get(keyOf(is.endpoint));
    if (was !== is || isEvery) moved.push({ at: is.endpoint, was, is });
  }
  for (const was of old ?? [])
    if (!after.doors.has(keyOf(was.endpoint))) moved.push({ at: was.endpoint, was, is: undefined });
  return moved;
}

function allDoors({ doors }: Table): readonly Door[] {
  return [...doors.values()];
}

/** What lies between the first and the last door that are not one in both. */
function unshared(old: readonly Door[], young: readonly Door[]): readonly (readonly Door[])[] {
  const shortest = Math.min(old.length, young.length);
  let head = 0;
  while (head < shortest && old[head] === young[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && old[old.length - 1 - tail] === young[young.length - 1 - tail]) tail += 1;
  return [old, young].map((doors) => doors.slice(head, doors.length - tail));
}

/** What a target takes changes only with one of the doors that lead to it. */
function targetsOf({ was, is }: MovedDoor): readonly number[] {
  return [was, is].flatMap((door) => (door === undefined ? [] : [keyOf(door.flow.target)]));
}

function keyOf({ address, port }: Endpoint): number {
  return endpointKey(address, port);
}

function newChains(before: Table, after: Table): readonly string[] {
  const sets = [...after.sources].filter(([name]) => !before.sources.has(name));
  const gates = [...after.gates].filter(([name]) => !before.gates.has(name));
  const made = [...sets.map((set) => sourceSet(...set)), ...gates.map((gate) => gateChain(...gate))];
  return made.length === 0 ? [] : [`table ${TABLE} {\n${made.join("")}}\n`];
}

function oldChains(before: Table, after: Table): readonly string[] {
  const gates = [...before.gates.keys()].filter((name) => !after.gates.has(name));
  const sets = [...before.sources.keys()].filter((name) => !after.sources.has(name));
  return [
    ...gates.map((name) => `flush chain ${TABLE} ${name}\n`),
    ...gates.map((name) => `delete chain ${TABLE} ${name}\n`),
    ...sets.map((name) => `delete set ${TABLE} ${name}\n`),
  ];
}

/** The counts begin anew with those who come after. */
function limitChanges({ limits: before }: Table, { limits: after }: Table): readonly string[] {
  const isSame =
    before.perSource === after.perSource &&
    before.sessions === after.sessions &&
    patienceName(before) === patienceName(after);
  if (isSame) return [];
  const rules = `table ${TABLE} {\n\tchain entered {\n${enteredRules(after)}\t}\n}\n`;
  return [`${patience(after)}\n`, `flush chain ${TABLE} entered\n`, rules];
}

/** An element as it was and as it is; absent: there is none. */
interface ChangedElement {
  readonly key: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

function elementChanges<Of>(set: string, all: readonly Of[], changeOf: (one: Of) => ChangedElement): readonly string[] {
  const changed = all.map(changeOf).filter(({ was, is }) => was !== is);
  const gone = changed.flatMap(({ key, was }) => (was === undefined ? [] : [key]));
  const added = changed.flatMap(({ is }) => (is === undefined ? [] : [is]));
  return [
    ...(gone.length === 0 ? [] : [`delete element ${TABLE} ${set} { ${gone.join(", ")} }\n`]),
    ...(added.length === 0 ? [] : [`add element ${TABLE} ${set} { ${added.join(", ")} }\n`]),
  ];
}
