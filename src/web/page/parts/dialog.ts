/** A dialog that asks before something is done; it shows the gateway's refusal where there is one. */
import { type ComponentChildren, type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "../api.ts";
import { useSpoken } from "../words/use-words.ts";
import { failureText } from "./notice.ts";

export interface DialogProps {
  readonly title: string;
  readonly says?: string;
  /** The word on the button that does it. */
  readonly act: string;
  readonly isGrave?: boolean;
  /** Given the form; throws `Refusal`. */
  readonly run: (form: FormData) => Promise<unknown>;
  readonly close: () => void;
  readonly children?: ComponentChildren;
}

export function Dialog({ title, says, act, isGrave = false, run, close, children }: DialogProps): ComponentChild {
  const { words } = useSpoken();
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<Refusal>();
  const [isRunning, setRunning] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  // Closed as a dialog first: the browser then gives the focus back to whatever opened it.
  const leave = (): void => dialog.current?.close();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setRunning(true);
    run(new FormData(event.currentTarget as HTMLFormElement)).then(leave, (error: unknown) => {
      setRunning(false);
      if (error instanceof Refusal) setFailure(error);
      else throw error;
    });
  };
  return h(
    "dialog",
    { ref: dialog, class: "dialog", "aria-labelledby": "dialog-title", onClose: close },
    h(
      "form",
      { onSubmit: submit },
      h("h2", { id: "dialog-title" }, title),
      says !== undefined && h("p", null, says),
      children,
      failure !== undefined && h("p", { class: "notice is-failure", role: "alert" }, failureText(failure, words)),
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", { type: "button", onClick: leave }, words.actions.cancel),
        h("button", { type: "submit", class: isGrave ? "is-grave" : "is-main", disabled: isRunning }, act),
      ),
    ),
  );
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children?: ComponentChildren;
}

export function Field({ label, hint, children }: FieldProps): ComponentChild {
  return h(
    "label",
    { class: "field" },
    h("span", { class: "field-label" }, label),
    children,
    hint !== undefined && h("span", { class: "field-hint" }, hint),
  );
}
