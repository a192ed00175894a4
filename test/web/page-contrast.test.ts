/** The page's colours, light and dark, against WCAG 2.2: 1.4.3 for text, 1.4.11 for signs. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";

const CSS = readFileSync(new URL("../../src/web/page/theme.css", import.meta.url), "utf8");

type Scheme = "light" | "dark";

/** `--name: light-dark(#light, #dark)`. */
const COLOURS = new Map(
  [...CSS.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

/** Text and what it stands on; each must be told at 4.5:1. */
const TEXTS: readonly (readonly [string, string])[] = [
  ...["ground", "surface", "raised"].flatMap((ground) =>
    ["text", "soft", "accent", "bad", "warn"].map((text) => [text, ground] as const),
  ),
  ["text", "accent-ground"],
  ["accent", "accent-ground"],
  ["soft", "accent-ground"],
  ["on-accent", "accent"],
  ["bad", "bad-ground"],
  ["text", "bad-ground"],
  ["soft", "bad-ground"],
  ["text", "warn-ground"],
  ["soft", "warn-ground"],
];

/** Signs and edges of controls, at 3:1. */
const SIGNS: readonly (readonly [string, string])[] = ["accent", "bad", "warn", "fine", "quiet-sign", "edge"].flatMap(
  (sign) => ["ground", "surface"].map((ground) => [sign, ground] as const),
);

suite("contrast", () => {
  for (const scheme of ["light", "dark"] as const) {
    test(`text at 4.5:1, ${scheme}`, () => assert.deepEqual(below(TEXTS, 4.5, scheme), []));
    test(`signs at 3:1, ${scheme}`, () => assert.deepEqual(below(SIGNS, 3, scheme), []));
  }
});

function below(pairs: typeof TEXTS, least: number, scheme: Scheme): readonly string[] {
  return pairs.flatMap(([front, back]) => {
    const ratio = contrast(colour(front, scheme), colour(back, scheme));
    return ratio < least ? [`${front} on ${back}: ${ratio.toFixed(2)}`] : [];
  });
}

function colour(name: string, scheme: Scheme): string {
  const found = COLOURS.get(name)?.[scheme];
  assert.ok(found, `no colour ${name}`);
  return found;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
