/**
 * From one table to another: what differs, and nothing else, to be told in one transaction.
 *
 * What is new is made first and what nobody needs any more is deleted last, for the kernel refuses to delete a chain that a
 * door leads to. An element that changes is deleted and added: at no instant is it absent.
 */
import type { Endpoint } from "../../../inventory/model.ts";
import type { SetChange } from "../../../netfilter/netlink/set-change-message.ts";
import { type Door, endpointKey } from "../../../policy/policy.ts";
import { TABLE, type Table, written } from "./table.ts";
import {
  type TableElement,
  doorElement,
  elementText,
  fullElement,
  keyOf,
  newElement,
  targetElement,
  terminalElement,
} from "./table-element.ts";
import { enteredRules, patience, patienceName } from "./table-limits.ts";
import { gateChain, sourceSet } from "./table-text.ts";

export interface TableChange {
  /** What is made first, as a script: sets and chains; the counts of the gateway's limits. */
  readonly made: string;
  readonly elements: readonly ElementsChange[];
  /** What is deleted last, as a script: chains and sets that nobody needs any more. */
  readonly gone: string;
}

export const NO_CHANGE: TableChange = { made: "", elements: [], gone: "" };

/** Of one set or map: what goes, and then what comes. */
export interface ElementsChange {
  readonly set: string;
  readonly gone: readonly Endpoint[];
  readonly added: readonly TableElement[];
}

export function tableChange(before: Table, after: Table): TableChange {
  const doors = movedDoors(before, after);
  const terminals = [...new Set(doors.flatMap(targetsOf))];
  const ofTerminals = (elementIn: (table: Table, target: number) => TableElement | undefined) =>
    terminals.map((target) => ({ was: elementIn(before, target), is: elementIn(after, target) }));
  const elements = [
    changeOf(
      "targets",
      doors.map(({ was, is }) => ({ was: was && targetElement(was), is: is && targetElement(is) })),
    ),
    changeOf("terminals", ofTerminals(terminalElement)),
    changeOf("full", ofTerminals(fullElement)),
    changeOf(
      "doors",
      doors.map(({ was, is }) => ({ was: was && doorElement(before, was), is: is && doorElement(after, is) })),
    ),
  ];
  return {
    made: [...newChains(before, after), ...limitChanges(before, after)].join(""),
    elements: elements.filter(({ gone, added }) => gone.length + added.length > 0),
    gone: oldChains(before, after).join(""),
  };
}

/** For `nft -f`. Empty: nothing changes. */
export function scriptOf({ made, elements, gone }: TableChange): string {
  return [made, ...elements.map(elementsScript), gone].join("");
}

/** As the kernel itself is told it. */
export function setChange({ set, gone, added }: ElementsChange): SetChange {
  return { set, gone: gone.map(keyOf), added: added.map(newElement) };
}

function elementsScript({ set, gone, added }: ElementsChange): string {
  const listed = (verb: string, list: readonly string[]): string =>
    list.length === 0 ? "" : `${verb} element ${TABLE} ${set} { ${list.join(", ")} }\n`;
  return listed("delete", gone.map(written)) + listed("add", added.map(elementText));
}

/** A door of which the two tables may say something else. */
interface MovedDoor {
  readonly was: Door | undefined;
  readonly is: Door | undefined;
}

/** A policy keeps the doors of the one before that are the same: one among thousands is found without writing out any. */
function movedDoors(before: Table, after: Table): readonly MovedDoor[] {
  const changed = after.doors.changesSince(before.doors);
  if (before.isShut === after.isShut) return changed;
  const all = Array.from(after.doors, ([key, is]) => ({ was: before.doors.get(key), is }));
  return [...all, ...changed.filter(({ is }) => is === undefined)];
}

/** What a target takes changes only with one of the doors that lead to it. */
function targetsOf({ was, is }: MovedDoor): readonly number[] {
  return [was, is].flatMap((door) =>
    door === undefined ? [] : [endpointKey(door.flow.target.address, door.flow.target.port)],
  );
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
  readonly was: TableElement | undefined;
  readonly is: TableElement | undefined;
}

function changeOf(set: string, all: readonly ChangedElement[]): ElementsChange {
  const textOf = (element: TableElement | undefined): string | undefined => element && elementText(element);
  const changed = all.filter(({ was, is }) => textOf(was) !== textOf(is));
  return {
    set,
    gone: changed.flatMap(({ was }) => (was === undefined ? [] : [was.at])),
    added: changed.flatMap(({ is }) => (is === undefined ? [] : [is])),
  };
}
