/** How long something lasts already, counted on screen. */
import { type ComponentChild, h } from "preact";
import { useNow } from "../live/use-now.ts";
import { useSpoken } from "../words/use-words.ts";

export function DurationSince({ at }: { readonly at: number }): ComponentChild {
  const { time } = useSpoken();
  return h("span", { class: "figure" }, time.duration(useNow() - at));
}

/** An instant, with its date where that is not today. */
export function Instant({ at }: { readonly at: number }): ComponentChild {
  const { time } = useSpoken();
  return h("time", { class: "figure", dateTime: new Date(at).toISOString() }, time.instant(at, Date.now()));
}
