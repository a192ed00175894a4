/** An inventory's data as YAML that people like to read: one line for each source, terminal, flow and exception. */
import { Document, isCollection, isMap, type Node, visit } from "yaml";
import type { RawInventory } from "../schema.ts";

/** Collections that stand on one line, by their path; `*` stands for any key. */
const ON_ONE_LINE: readonly string[] = [
  ...["gateway.terminals", "gateway.tunnel", "gateway.limits", "sources.*", "ssh", "depots.*.allow"],
  ...["depots.*.terminals.*", "depots.*.extra", "flows.*", "machines.*", "services.*", "exceptions.*"],
];

/** Numbers are numbers again: a depot is `22:` and not `"22":`. */
const NUMBERED = /^[1-9]\d?$/;

/** The text; `head` is put above it as a comment, line by line. Reading it gives the same data back. */
export function writeInventory(inventory: RawInventory, head: readonly string[] = []): string {
  const document = new Document(withNumbers(inventory), { schema: "core", aliasDuplicateObjects: false });
  visit(document, {
    Collection(_, node, ancestors) {
      const path = pathOf(node, ancestors as readonly Node[]);
      if (ON_ONE_LINE.some((pattern) => isOn(pattern, path)) || isListOfPlain(node, path)) node.flow = true;
    },
  });
  // The schema's null is an empty value: `3:`, all by the plan.
  const text = document.toString({ lineWidth: 0, nullStr: "", flowCollectionPadding: true });
  const comment = head.map((line) => `# ${line}\n`).join("");
  return comment + text.replaceAll(/^(?=(?:sources|ssh|depots|flows|machines|services|exceptions):)/gm, "\n");
}

/** Maps instead of objects, so that keys which are numbers stay in place and are written as such. */
function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== "object" || value === null) return value;
  return new Map(
    Object.entries(value).map(([key, inner]) => [NUMBERED.test(key) ? Number(key) : key, withNumbers(inner)]),
  );
}

function isListOfPlain(node: Node, path: readonly string[]): boolean {
  return isCollection(node) && !isMap(node) && path.length > 1;
}

function isOn(pattern: string, path: readonly string[]): boolean {
  const steps = pattern.split(".");
  return steps.length === path.length && steps.every((step, index) => step === "*" || step === path[index]);
}

/** The keys above a node; an item of a list is `[]`. */
function pathOf(node: Node, ancestors: readonly Node[]): readonly string[] {
  return [...ancestors, node].flatMap((one, index, all) => {
    const above = all[index - 1];
    if (isCollection(above) && !isMap(above)) return ["[]"];
    return isPairNode(one) ? [String((one.key as { value?: unknown } | null)?.value)] : [];
  });
}

function isPairNode(node: unknown): node is { readonly key: unknown } {
  return typeof node === "object" && node !== null && "key" in node && "value" in node;
}
