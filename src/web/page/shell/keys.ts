/** The keys: `g` and a letter goes somewhere, `?` shows them. Never while somebody writes. */
import { type ComponentChild, h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { go } from "../parts/link.ts";
import type { Place } from "../router.ts";
import { useSpoken } from "../words/use-words.ts";

const PLACES: Readonly<Record<string, Place>> = {
  o: { page: "overview" },
  r: { page: "refusals", by: "source", range: "1h" },
  c: { page: "changes" },
  m: { page: "matrix", text: "" },
  a: { page: "audit" },
};

/** How long `g` waits for its letter, in milliseconds. */
const PATIENCE = 1_500;

export function Keys(): ComponentChild {
  const { words } = useSpoken();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    let began = -Infinity;
    const listen = (event: KeyboardEvent): void => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        writes(event.target) ||
        document.querySelector("dialog[open]")
      )
        return;
      const place = event.timeStamp - began < PATIENCE ? PLACES[event.key] : undefined;
      began = event.key === "g" ? event.timeStamp : -Infinity;
      if (place !== undefined) go(place);
      else if (event.key === "?") dialog.current?.showModal();
      else if (event.key !== "/") return;
      else document.querySelector<HTMLElement>("#search")?.focus();
      event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  return h(
    "dialog",
    { ref: dialog, class: "dialog keys", "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, words.keys.title),
    h(
      "dl",
      null,
      words.keys.list.map(([keys, does]) =>
        h("div", { key: keys }, h("dt", null, h("kbd", null, keys)), h("dd", null, does)),
      ),
    ),
    h("form", { method: "dialog", class: "dialog-buttons" }, h("button", null, words.keys.close)),
  );
}

function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}
