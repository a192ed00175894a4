/** The bar on top: pages, search, connection, language, colours, and who is here. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import { tell } from "../api.ts";
import { type Theme, chooseTheme, chosenTheme } from "../preferences.ts";
import { type Place, addressOf } from "../router.ts";
import { useSpoken } from "../words/use-words.ts";
import type { ShellProps } from "./shell.ts";
import { ConnectionSign } from "./connection.ts";
import { Search } from "./search.ts";

export const PAGES: readonly Place[] = [
  { page: "overview" },
  { page: "refusals", by: "source", range: "1h" },
  { page: "changes" },
  { page: "matrix", text: "" },
  { page: "audit" },
];

export function TopBar({ me, place, speak, signedOut }: ShellProps & { readonly place: Place }): ComponentChild {
  const { words } = useSpoken();
  return h(
    "header",
    { class: "top-bar" },
    h(
      "a",
      { class: "brand", href: "/", "aria-label": `${words.product}, ${words.nav.overview}` },
      h("img", { src: "/favicon.svg", alt: "", width: 22, height: 22 }),
      h("span", null, words.product),
    ),
    h(Navigation, { place }),
    h(Search, null),
    h(ConnectionSign, null),
    h(Settings, { me, speak, signedOut }),
  );
}

function Navigation({ place }: { readonly place: Place }): ComponentChild {
  const { words } = useSpoken();
  return h(
    "nav",
    { "aria-label": words.nav.label },
    h(
      "ul",
      null,
      PAGES.map((each) => {
        const isHere = each.page === place.page;
        const name = words.nav[each.page as "overview"];
        return h(
          "li",
          { key: each.page },
          h("a", { href: addressOf(each), ...(isHere && { "aria-current": "page" as const }) }, name),
        );
      }),
    ),
  );
}

const NEXT: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const SIGNS: Readonly<Record<Theme, string>> = { auto: "◐", light: "○", dark: "●" };

function Settings({ me, speak, signedOut }: ShellProps): ComponentChild {
  const { words } = useSpoken();
  const [theme, setTheme] = useState(chosenTheme);
  const other = words.language === "fr" ? "en" : "fr";
  const turn = (): void => {
    chooseTheme(NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  const themeWords = `${words.theme.label}${words.colon}${words.theme[theme]}`;
  return h(
    "div",
    { class: "settings", role: "group", "aria-label": words.nav.menu },
    h(
      "button",
      {
        type: "button",
        lang: other,
        title: words.otherLanguage,
        "aria-label": `${other.toUpperCase()}, ${words.otherLanguage}`,
        onClick: () => speak(other),
      },
      other.toUpperCase(),
    ),
    h("button", { type: "button", title: themeWords, "aria-label": themeWords, onClick: turn }, SIGNS[theme]),
    h(
      "button",
      {
        type: "button",
        class: "account",
        title: words.account.as(me.name),
        onClick: () => void tell("/logout").finally(signedOut),
      },
      words.account.out,
    ),
  );
}
