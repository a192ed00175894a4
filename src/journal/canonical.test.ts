import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson, packChange } from "./canonical.ts";
import type { Json } from "./rows.ts";

test("canonicalJson says the same value, whatever the order of the keys", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value as Json);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalJson(reversed(value as Json)), text);
    }),
  );
});

test("packChange takes anything", () => {
  const packed = packChange({ at: Number.NaN, by: "a".repeat(5_000), action: "\ud800", detail: undefined as never });
  assert.deepEqual(
    [packed.at, packed.by.length, packed.action, packed.subject, packed.detail],
    [0, 1_024, "\ufffd", "", "null"],
  );
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
