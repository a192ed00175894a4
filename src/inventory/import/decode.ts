/** Bytes -> text, in the encodings in which other programs leave their files. */
import { LARGEST_FILE } from "../yaml-budget.ts";

export interface Decoded {
  readonly text: string;
  readonly encoding: string;
}

/**
 * UTF-8, or UTF-16 by its mark (Excel's "Unicode text"). A table may be Windows-1252 as well, which a French Excel still
 * writes, and in which every sequence of bytes is a text. `undefined`: it is none, or too large.
 */
export function decodeText(content: Uint8Array | string, format: "compose" | "ufw" | "csv"): Decoded | undefined {
  if (content.length > LARGEST_FILE) return undefined;
  if (typeof content === "string") return { text: content.replace(/^\ufeff/, ""), encoding: "utf-8" };
  const encodings = [markOf(content) ?? "utf-8", ...(format === "csv" ? ["windows-1252"] : [])];
  for (const encoding of encodings) {
    try {
      return { text: new TextDecoder(encoding, { fatal: true }).decode(content), encoding };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function markOf([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}
