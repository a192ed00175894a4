/**
 * From one table to another: the elements that differ, and nothing else, in one transaction.
 *
 * What is new is made first and what nobody needs any more is deleted last, for the kernel refuses to delete a chain that a
 * door leads to. An element that changes is deleted and added: at no instant is it absent.
 */
import { TABLE, type Table } from "./table.ts";
import { enteredRules, patience, patienceName } from "./table-limits.ts";
import { doorPairs, fullElements, gateChain, sourceSet, targetPairs } from "./table-text.ts";

/** Empty: they are the same. */
export function tableChange(before: Table, after: Table): string {
  return [
    ...newChains(before, after),
    ...limitChanges(before, after),
    ...mapChanges("targets", before.targets, after.targets, targetPairs),
    ...mapChanges("terminals", before.terminals, after.terminals, (map) => [...map.keys()], isThere),
    ...mapChanges("full", before.terminals, after.terminals, fullElements, limitOf),
    ...mapChanges("doors", before.doors, after.doors, doorPairs),
    ...oldChains(before, after),
  ].join("");
}

/** The limits of those that have one; that of the others is no element. */
function limitOf(most: number | undefined): number | undefined {
  return most === Infinity ? undefined : most;
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

/** `valueOf`: what there is of it in this set; absent: it has no element. */
function mapChanges<Value>(
  name: string,
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  elements: (map: ReadonlyMap<string, Value>) => readonly string[],
  valueOf: (value: Value | undefined) => unknown = (value) => value,
): readonly string[] {
  const gone: string[] = [];
  const added = new Map<string, Value>();
  for (const [key, value] of before) {
    const [was, is] = [valueOf(value), valueOf(after.get(key))];
    if (was !== undefined && was !== is) gone.push(key);
  }
  for (const [key, value] of after) {
    const [was, is] = [valueOf(before.get(key)), valueOf(value)];
    if (is !== undefined && was !== is) added.set(key, value);
  }
  const deleted = gone.length === 0 ? [] : [`delete element ${TABLE} ${name} { ${gone.join(", ")} }\n`];
  return added.size === 0 ? deleted : [...deleted, `add element ${TABLE} ${name} { ${elements(added).join(", ")} }\n`];
}

function isThere(value: number | undefined): true | undefined {
  return value === undefined ? undefined : true;
}
