/** The way in: the token that `ecluse dashboard` printed, and the name that changes are journalled under. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import { Refusal, ask, tell } from "../api.ts";
import { Field } from "../parts/dialog.ts";
import { chooseName, chosenName } from "../preferences.ts";
import { useSpoken } from "../words/use-words.ts";
import type { Language, Words } from "../words/words.ts";
import type { Me } from "./app.ts";

export interface SignInProps {
  readonly token: string | undefined;
  readonly speak: (language: Language) => void;
  readonly signedIn: (me: Me) => void;
}

export function SignIn({ token, speak, signedIn }: SignInProps): ComponentChild {
  const { words } = useSpoken();
  const [failure, setFailure] = useState<Refusal>();
  const [isWaiting, setWaiting] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setWaiting(true);
    enter(new FormData(event.currentTarget as HTMLFormElement)).then(signedIn, (error: unknown) => {
      setWaiting(false);
      if (error instanceof Refusal) setFailure(error);
      else throw error;
    });
  };
  const { account } = words;
  return h(
    "main",
    { class: "sign-in" },
    h(
      "form",
      { onSubmit: submit },
      h("h1", null, words.product),
      h(
        Field,
        { label: account.token, hint: account.tokenHint },
        h("input", {
          name: "token",
          type: "password",
          required: true,
          autocomplete: "current-password",
          defaultValue: token ?? "",
        }),
      ),
      h(
        Field,
        { label: account.name, hint: account.nameHint },
        h("input", {
          name: "name",
          required: true,
          maxLength: 40,
          autocomplete: "username",
          defaultValue: chosenName() ?? account.proposed,
        }),
      ),
      failure !== undefined && h("p", { class: "notice is-failure", role: "alert" }, reason(failure, words)),
      h("button", { type: "submit", class: "is-main", disabled: isWaiting }, account.signIn),
      h(
        "button",
        {
          type: "button",
          class: "link",
          lang: words.language === "fr" ? "en" : "fr",
          onClick: () => speak(words.language === "fr" ? "en" : "fr"),
        },
        words.otherLanguage,
      ),
    ),
  );
}

async function enter(form: FormData): Promise<Me> {
  const [token, name] = [text(form, "token"), text(form, "name")];
  await tell("/login", { token, name });
  chooseName(name);
  return await ask<Me>("/me");
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

function reason({ status, message }: Refusal, { account }: Words): string {
  if (status === 403) return account.wrong;
  if (status === 429) return account.often;
  return status === 0 ? account.failed : message;
}
