/** The blocks that a runbook is made of. */
import type { Block, Text } from "./document.ts";

export function heading(text: string, level: 2 | 3 = 2): Block {
  return { kind: "heading", level, text };
}

export function say(text: Text): Block {
  return { kind: "paragraph", text };
}

export function warn(text: Text): Block {
  return { kind: "notice", text };
}

export function run(...lines: readonly string[]): Block {
  return { kind: "code", text: lines.join("\n") };
}
