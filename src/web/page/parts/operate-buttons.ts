/** Drain, close, open again, let somebody in: each asks first, and takes the reason for the journal. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { FlowState } from "../answers.ts";
import { tell } from "../api.ts";
import { useSpoken } from "../words/use-words.ts";
import { Dialog, Field } from "./dialog.ts";

export interface OperateProps {
  /** A selector for the gateway. */
  readonly select: string;
  readonly name: string;
  /** What would make sense now. */
  readonly acts: readonly Act[];
  /** Sessions inside. */
  readonly inside: number;
}

export type Act = "drain" | "close" | "open" | "grant";

/** What makes sense for flows in these states: nothing is offered that is so already. */
export function actsFor(states: readonly FlowState[]): readonly Act[] {
  const every = (state: FlowState): boolean => states.every((each) => each === state);
  return [
    ...(states.some((state) => state === "closed" || state === "draining") ? (["open"] as const) : []),
    "grant",
    ...(every("draining") || every("closed") ? [] : (["drain"] as const)),
    ...(every("closed") ? [] : (["close"] as const)),
  ];
}

const TO = { drain: "draining", close: "closed", open: "open" } as const;

export function OperateButtons(props: OperateProps): ComponentChild {
  const { words } = useSpoken();
  const [act, setAct] = useState<Act>();
  const close = (): void => setAct(undefined);
  return h(
    "div",
    { class: "operate", role: "group", "aria-label": words.actions.label },
    props.acts.map((each) =>
      h("button", { key: each, type: "button", onClick: () => setAct(each) }, words.actions[each]),
    ),
    act === "grant" && h(GrantDialog, { ...props, close }),
    act !== undefined && act !== "grant" && h(OperateDialog, { ...props, act, close }),
  );
}

interface Asking extends OperateProps {
  readonly close: () => void;
}

function OperateDialog({
  act,
  select,
  name,
  inside,
  close,
}: Asking & { readonly act: Exclude<Act, "grant"> }): ComponentChild {
  const { words } = useSpoken();
  const { actions } = words;
  const says = act === "close" ? actions.closeSays(inside) : act === "drain" ? actions.drainSays : actions.openSays;
  return h(
    Dialog,
    {
      title: actions[`${act}Title`](name),
      says,
      act: actions[act],
      isGrave: act === "close",
      run: (form) => tell("/v1/operate", { select, to: TO[act], ...reasonIn(form) }),
      close,
    },
    act !== "open" &&
      h(
        Field,
        { label: `${actions.reason} (${actions.optional})`, hint: actions.reasonHint },
        h("input", { name: "reason", maxLength: 200 }),
      ),
  );
}

/** In milliseconds. */
const LENGTHS = {
  "30m": 1_800_000,
  "1h": 3_600_000,
  "2h": 7_200_000,
  "4h": 14_400_000,
  "8h": 28_800_000,
  "24h": 86_400_000,
};

function GrantDialog({ select, name, close }: Asking): ComponentChild {
  const { words } = useSpoken();
  const { actions } = words;
  return h(
    Dialog,
    {
      title: actions.grantTitle(name),
      says: actions.grantSays,
      act: actions.grant,
      run: (form) =>
        tell("/v1/grants", {
          select,
          source: textIn(form, "source"),
          for: Number(textIn(form, "for")),
          reason: textIn(form, "reason"),
        }),
      close,
    },
    h(
      Field,
      { label: actions.source, hint: actions.sourceHint },
      h("input", { name: "source", required: true, maxLength: 80, autocomplete: "off", spellcheck: false }),
    ),
    h(
      Field,
      { label: actions.for },
      h(
        "select",
        { name: "for" },
        Object.entries(LENGTHS).map(([length, milliseconds]) =>
          h(
            "option",
            { key: length, value: String(milliseconds), selected: length === "2h" },
            actions.lengths[length as keyof typeof LENGTHS],
          ),
        ),
      ),
    ),
    h(
      Field,
      { label: actions.reason, hint: actions.reasonHint },
      h("input", { name: "reason", required: true, maxLength: 200 }),
    ),
  );
}

function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

function reasonIn(form: FormData): { readonly reason?: string } {
  const reason = textIn(form, "reason");
  return reason === "" ? {} : { reason };
}
