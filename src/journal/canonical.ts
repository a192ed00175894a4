/** One text for one value: what is hashed must not depend on the order in which somebody wrote an object's keys. */
import { createHash } from "node:crypto";
import type { PackedChange } from "./batch.ts";
import type { ChangeEntry, Json } from "./rows.ts";

/** Longest detail kept, in characters. */
const LONGEST = 65_536;
/** Longest name, action or subject kept, in characters. */
const LONGEST_NAME = 1_024;

/** A change ready to be stored. Never throws: what JSON cannot say is kept as a note that it was not sayable. */
export function packChange({ at, by, action, subject = "", detail = null }: ChangeEntry): PackedChange {
  const names = [by, action, subject].map((text) => text.toWellFormed().slice(0, LONGEST_NAME));
  const [who = "", what = "", which = ""] = names;
  return {
    at: Number.isFinite(at) ? Math.round(at) : 0,
    by: who,
    action: what,
    subject: which,
    detail: packed(detail),
  };
}

/** JSON without blanks, keys sorted by their UTF-16 units, absent values left out (compare RFC 8785). */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return scalar(value);
  const entries = Object.entries(value as { readonly [key: string]: Json | undefined })
    .filter((entry): entry is [string, Json] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${scalar(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

/** `undefined` and functions, which no type check stops in data that was parsed, are null as in an array of JSON. */
function scalar(value: null | boolean | number | string): string {
  const text = JSON.stringify(typeof value === "string" ? value.toWellFormed() : value) as string | undefined;
  return text ?? "null";
}

function packed(detail: Json): string {
  try {
    const text = canonicalJson(detail);
    return text.length <= LONGEST ? text : canonicalJson({ omitted: { length: text.length, sha256: sha256(text) } });
  } catch {
    // A circle, or deeper than the stack.
    return canonicalJson({ omitted: { reason: "not JSON" } });
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
