/** Who is here, in which language, and what of it they see: the way in, or the pages. */
import { type ComponentChild, h } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Live } from "../live/live.ts";
import { LiveContext } from "../live/use-live.ts";
import { chooseLanguage, chosenLanguage } from "../preferences.ts";
import { SpokenContext, spoken } from "../words/use-words.ts";
import type { Language } from "../words/words.ts";
import { Shell } from "./shell.ts";
import { SignIn } from "./sign-in.ts";

export interface Me {
  readonly name: string;
  /** The inventory's; `null`: not known now. */
  readonly language?: Language | null;
}

export interface AppProps {
  readonly me: Me | undefined;
  readonly token: string | undefined;
}

export function App({ me: first, token }: AppProps): ComponentChild {
  const [me, setMe] = useState(first);
  const [language, setLanguage] = useState(chosenLanguage() ?? first?.language ?? browserLanguage());
  const live = useMemo(() => (me === undefined ? undefined : new Live(() => setMe(undefined))), [me]);
  useEffect(() => {
    live?.start();
    return () => live?.stop();
  }, [live]);
  useEffect(() => adoptLanguage(live, setLanguage), [live]);
  useEffect(() => void (document.documentElement.lang = language), [language]);
  const speak = (chosen: Language): void => {
    chooseLanguage(chosen);
    setLanguage(chosen);
  };
  const said = useMemo(() => spoken(language), [language]);
  const inside =
    live === undefined || me === undefined
      ? h(SignIn, { token, speak, signedIn: setMe })
      : h(LiveContext.Provider, { value: live }, h(Shell, { me, speak, signedOut: () => setMe(undefined) }));
  return h(SpokenContext.Provider, { value: said }, inside);
}

function browserLanguage(): Language {
  return navigator.language.startsWith("fr") ? "fr" : "en";
}

/** The inventory's language, and another when it has another, unless this reader chose one. */
function adoptLanguage(live: Live | undefined, set: (language: Language) => void): (() => void) | undefined {
  let known: Language | undefined;
  return live?.subscribe(() => {
    const language = live.overview?.language;
    if (language === undefined || language === known) return;
    known = language;
    if (chosenLanguage() === undefined) set(language);
  });
}
