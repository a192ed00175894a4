/** What stands around every page: where to go, what is found, how the connection is, and what waits for an answer. */
import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../live/use-live.ts";
import { here, onPlace } from "../parts/link.ts";
import { Loading } from "../parts/notice.ts";
import { AuditPage } from "../pages/audit.ts";
import { ChangesPage } from "../pages/changes.ts";
import { DepotPage } from "../pages/depot.ts";
import { MatrixPage } from "../pages/matrix.ts";
import { OverviewPage } from "../pages/overview.ts";
import { RefusalsPage } from "../pages/refusals.ts";
import { TerminalPage } from "../pages/terminal.ts";
import type { Place } from "../router.ts";
import { useSpoken } from "../words/use-words.ts";
import type { Language, Words } from "../words/words.ts";
import type { Me } from "./app.ts";
import { ConnectionBanner } from "./connection.ts";
import { Keys } from "./keys.ts";
import { PendingBanner } from "./pending.ts";
import { TopBar } from "./top-bar.ts";

export interface ShellProps {
  readonly me: Me;
  readonly speak: (language: Language) => void;
  readonly signedOut: () => void;
}

export function Shell({ me, speak, signedOut }: ShellProps): ComponentChild {
  const { words } = useSpoken();
  const place = usePlace();
  const isKnown = useLive(({ overview }) => overview !== undefined);
  const isOld = useLive(({ connection }) => connection.state === "cut");
  const main = useRef<HTMLElement>(null);
  useTitle(place, words);
  useFocusOnArrival(place, main);
  return h(
    "div",
    { class: isOld ? "shell is-old" : "shell" },
    h("a", { class: "skip", href: "#content" }, words.nav.skip),
    h(TopBar, { me, place, speak, signedOut }),
    h(ConnectionBanner, null),
    h(PendingBanner, null),
    h(
      "main",
      { id: "content", ref: main, tabIndex: -1, class: `page-${place.page}` },
      isKnown ? h(View, { place }) : h(Loading, null),
    ),
    h(Keys, null),
  );
}

function View({ place }: { readonly place: Place }): ComponentChild {
  const { words } = useSpoken();
  switch (place.page) {
    case "overview":
      return h(OverviewPage, null);
    case "depot":
      return h(DepotPage, { key: place.depot, depot: place.depot });
    case "terminal":
      return h(TerminalPage, { key: place.flow, flow: place.flow });
    case "refusals":
      return h(RefusalsPage, { place });
    case "changes":
      return h(ChangesPage, null);
    case "matrix":
      return h(MatrixPage, { text: place.text });
    case "audit":
      return h(AuditPage, null);
    case "nowhere":
      return h("p", { class: "notice" }, words.failure.nowhere, " ", h("a", { href: "/" }, words.failure.home));
  }
}

function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => onPlace(() => setPlace(here())), []);
  return place;
}

function useTitle(place: Place, words: Words): void {
  const title = titleOf(place, words);
  useEffect(() => void (document.title = `${title} · ${words.product}`), [title, words]);
}

function titleOf(place: Place, words: Words): string {
  switch (place.page) {
    case "depot":
      return words.depot(place.depot, null);
    case "terminal":
      return place.flow;
    case "nowhere":
      return words.failure.nowhere;
    default:
      return words.nav[place.page];
  }
}

/** Whoever goes on by keyboard, or hears the page, begins at the new one's start; the first page keeps its own. */
function useFocusOnArrival(place: Place, main: { readonly current: HTMLElement | null }): void {
  const from = useRef(place);
  useEffect(() => {
    const before = from.current;
    from.current = place;
    if (JSON.stringify(before) === JSON.stringify(place) || before.page === place.page) return;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [place]);
}
