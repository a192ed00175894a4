/** Reads a unit file or drop-in as systemd.syntax(7) has it, and nothing that is not plain: no continued lines, no quotes. */
import assert from "node:assert/strict";

/** `Section/Key` -> the values that count: an empty one clears those before it, except of variables. */
export function readUnit(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  let section = "";
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const head = /^\[(Unit|Service|Install)\]$/.exec(line)?.[1];
    const [, key = "", value = ""] = /^([A-Z][A-Za-z]*)=(.*)$/.exec(line) ?? [];
    assert.ok(head !== undefined || (section !== "" && key !== ""), `not a line of a unit: ${line}`);
    if (head !== undefined) {
      section = head;
      continue;
    }
    assert.doesNotMatch(value, /[\\'"]|[\p{Cc}\p{Cf}]/u, line);
    const at = `${section}/${key}`;
    values.set(at, value === "" ? [] : [...(values.get(at) ?? []), value]);
  }
  return values;
}

/** The variables that it sets. */
export function variablesOf(unit: ReadonlyMap<string, readonly string[]>): Readonly<Record<string, string>> {
  const pairs = (unit.get("Service/Environment") ?? []).map((each) => /^([A-Z_][A-Z0-9_]*)=(\S*)$/.exec(each));
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? assert.fail("no variable"), pair?.[2] ?? ""]));
}
