/** Subjects for tests of rendering: an inventory's text or file, at an instant that does not move. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { loadInventory } from "../../src/inventory/load.ts";
import { readInventory } from "../../src/inventory/read.ts";
import { compile } from "../../src/policy/compile.ts";
import { sha256 } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";

/** The instant of everything that is rendered in tests. */
export const AT = Date.parse("2026-11-22T12:00:00Z");

/** The three inventories whose renderings are kept in `test/rendered`. */
export const EXAMPLES = ["terminals", "listening-rule", "complete"] as const;

/** What another engine changes: only these are kept of it. */
export const BY_KERNEL = { name: "kernel", targets: ["systemd", "ufw", "nftables", "docker-user"] } as const;

export type Example = (typeof EXAMPLES)[number] | typeof BY_KERNEL.name;

export function exampleSubject(name: Example): Subject {
  const file = new URL(`../../examples/${name}.yaml`, import.meta.url).pathname;
  return subjectOf(loadInventory(file, { now: AT }), { file: basename(file), text: readFileSync(file, "utf8") });
}

/** From an inventory's text; throws with its findings where it has errors. */
export function textSubject(text: string): Subject {
  return subjectOf(readInventory({ "ecluse.yaml": text }, AT), { file: "ecluse.yaml", text });
}

function subjectOf(
  { inventory, findings }: Pick<ReturnType<typeof loadInventory>, "inventory" | "findings">,
  { file, text }: { readonly file: string; readonly text: string },
): Subject {
  if (inventory === undefined) throw new TypeError(`the inventory is refused: ${JSON.stringify(findings, null, 2)}`);
  return { inventory, policy: compile(inventory), at: AT, date: "2026-11-22", version: sha256(text), file };
}

/** An inventory with as many terminals as asked for, 99 to a depot, all open to one source; up to 7,128. */
export function manyTerminals(count: number): string {
  const depots: string[] = [];
  for (let left = count, depot = 1; left > 0; left -= 99, depot += 1) {
    depots.push(`  ${depot}: { allow: [tills], terminals: 1-${Math.min(left, 99)} }`);
  }
  return [
    "gateway: { address: 198.51.100.10 }",
    "sources:",
    "  tills: { addresses: [203.0.113.7, 203.0.113.16/28] }",
    "  administrators: { addresses: [192.0.2.10] }",
    "ssh: { allow: [administrators] }",
    "depots:",
    ...depots,
    "",
  ].join("\n");
}
