/** Names that an inventory may have, made from what other programs call a thing. */
import { isPlaceholder } from "../checks/placeholders.ts";
import { isId, isProse, isReservedSource, readsAsPlace } from "../names.ts";
import { fold } from "../nearest.ts";

/** `IP_AUTORISEE` -> `ip-autorisee`: letters and digits in lower case; `fallback` where nothing is left of it. */
export function nameFrom(text: string, fallback: string): string {
  const name = fold(text.slice(0, 200))
    .replaceAll(/[^\p{L}\p{N}.]+/gu, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "")
    .slice(0, 60);
  return isName(name) ? name : fallback;
}

/** Whether a source or a flow may be called so. */
export function isName(text: string): boolean {
  return isId(text) && !isReservedSource(text) && !readsAsPlace(text) && !isPlaceholder(text);
}

/** The name, or with a number behind it where another thing has it already. */
export function unlike(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(fold(name))) return name;
  for (let number = 2; ; number += 1) if (!taken.has(fold(`${name}-${number}`))) return `${name}-${number}`;
}

/** A text as a reason: what it may not hold is left out. */
export function proseFrom(text: string): string {
  const prose = Array.from(text.replaceAll(/[^\p{L}\p{M}\p{N} \-_.'’()/&,:;#@+?!%=°€]+/gu, " "))
    .slice(0, 200)
    .join("")
    .trim();
  return isProse(prose) ? prose : "imported";
}
