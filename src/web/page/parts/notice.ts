/** What stands in place of an answer: it is on its way, or why there is none. */
import { type ComponentChild, h } from "preact";
import type { Refusal } from "../api.ts";
import type { Words } from "../words/words.ts";
import { useSpoken } from "../words/use-words.ts";

/** In the reader's language where the code is known; what the gateway said, which is English, stands after it. */
export function failureText({ code, message, hint }: Refusal, words: Words): string {
  const known = words.failure.codes[code] ?? words.failure.failed;
  return [known, message, hint]
    .filter((part) => part !== "")
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(" ");
}

export function Failed({ failure, again }: { readonly failure: Refusal; readonly again: () => void }): ComponentChild {
  const { words } = useSpoken();
  return h(
    "p",
    { class: "notice is-failure", role: "alert" },
    h("span", null, failureText(failure, words)),
    h("button", { type: "button", onClick: again }, words.failure.again),
  );
}

export function Loading(): ComponentChild {
  const { words } = useSpoken();
  return h("p", { class: "notice", role: "status" }, words.loading);
}
