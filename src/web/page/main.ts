/**
 * The page of the dashboard: what it is told at its start, and the shell around every view.
 *
 * `ecluse dashboard` prints an address with the token in its fragment, which a browser sends to nobody. It is taken out of
 * the address bar at once, so that it stands in no bookmark and on no shared screen.
 */
import { h, render } from "preact";
import { ask } from "./api.ts";
import { chosenTheme, showTheme } from "./preferences.ts";
import { App, type Me } from "./shell/app.ts";

showTheme(chosenTheme());
const token = tokenOfAddress();
// A new token is a new way in, whoever was signed in before.
const me = token === undefined ? await ask<Me>("/me").catch(() => undefined) : undefined;
const root = document.getElementById("page");
if (root !== null) render(h(App, { me, token }), root);

function tokenOfAddress(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return token;
}
