/**
 * The page of the dashboard: what it is told at its start, and the shell around every view.
 *
 * `ecluse dashboard` prints an address with the token in its fragment, which a browser sends to nobody. It is taken out of
 * the address bar at once, so that it stands in no bookmark and on no shared screen.
 */
import { h, render } from "preact";
import { ask } from "./api.ts";
import { chosenTheme, showTheme } from "./preferences.ts";
import { App } from "./shell/app.ts";

showTheme(chosenTheme());
const token = tokenOfAddress();
const me = await ask<{ readonly name: string; readonly language: "fr" | "en" | null }>("/me").catch(() => undefined);
const root = document.getElementById("page");
if (root !== null) render(h(App, { me, token }), root);

function tokenOfAddress(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return token;
}
