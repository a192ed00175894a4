/** Going from page to page without loading anew: links stay links, for new tabs and for copying. */
import { type Place, addressOf, placeOf } from "../router.ts";

const listeners = new Set<() => void>();

export function here(): Place {
  return placeOf(location.pathname, location.search);
}

export function go(place: Place): void {
  history.pushState(null, "", addressOf(place));
  tell();
}

/** The same page otherwise: no step of its own in the browser's history. */
export function replace(place: Place): void {
  history.replaceState(null, "", addressOf(place));
  tell();
}

/** Follows links and the browser's own buttons; returns how to stop. */
export function onPlace(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}

window.addEventListener("popstate", tell);

document.addEventListener("click", (event) => {
  const link = (event.target as Element | null)?.closest("a");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!isPlain || event.defaultPrevented || link?.target !== "" || link.origin !== location.origin) return;
  const place = placeOf(link.pathname, link.search);
  if (place.page === "nowhere" || link.hash !== "") return;
  event.preventDefault();
  go(place);
});
