/** A flow by the name people use: `22/01 Caisse 1`, a link to its page. */
import { type ComponentChild, h } from "preact";
import type { FlowPlaces } from "../live/flow-places.ts";
import { useLive } from "../live/use-live.ts";
import { addressOf } from "../router.ts";

/** `22/01`; flows that are no terminals, and those that are gone, go by their id. */
export function shortName(places: FlowPlaces, flow: string): string {
  const place = places.get(flow);
  if (place?.depot === undefined || place.terminal === undefined) return flow.replace(/^flow\//, "");
  return `${place.depot}/${String(place.terminal).padStart(2, "0")}`;
}

/** For sentences: with its label. */
export function spokenName(places: FlowPlaces, flow: string): string {
  const label = places.get(flow)?.label;
  return label === undefined ? shortName(places, flow) : `${shortName(places, flow)} ${label}`;
}

export function FlowLink({ flow }: { readonly flow: string }): ComponentChild {
  const places = useLive((live) => live.places);
  const label = places.get(flow)?.label;
  return h(
    "a",
    { class: "flow", href: addressOf({ page: "terminal", flow }) },
    h("b", null, shortName(places, flow)),
    label !== undefined && h("span", { class: "flow-label" }, ` ${label}`),
  );
}
