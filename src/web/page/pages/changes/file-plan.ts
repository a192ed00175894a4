/** What applying the inventory file would change, and applying it. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { PlanAnswer } from "../../answers.ts";
import { tell } from "../../api.ts";
import { Dialog, Field } from "../../parts/dialog.ts";
import { Failed, Loading } from "../../parts/notice.ts";
import { Quiet, Section } from "../../parts/section.ts";
import { useAnswer } from "../../use-answer.ts";
import { useSpoken } from "../../words/use-words.ts";
import { AccessLines } from "./access-lines.ts";

export function FilePlan({ cue }: { readonly cue: string }): ComponentChild {
  const { words } = useSpoken();
  const { answer, failure, again } = useAnswer<PlanAnswer>("/v1/plan", {}, cue);
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(Planned, { plan: answer, again });
  return h(Section, { title: words.changes.file }, shown);
}

function Planned({ plan, again }: { readonly plan: PlanAnswer; readonly again: () => void }): ComponentChild {
  const { words } = useSpoken();
  const { changes } = words;
  const { valid, changes: differs, findings, change, sessions } = plan;
  if (!valid) {
    return h(
      "div",
      null,
      h("p", null, changes.invalid(findings.length)),
      findings.map(({ code, severity, place, message, hint }, index) =>
        h(
          "div",
          { key: index, class: "finding" },
          h(
            "p",
            null,
            h("span", { class: `severity is-${severity}` }, words.audit.severities[severity] ?? severity),
            ` ${message}`,
          ),
          h(
            "p",
            { class: "quiet" },
            h("span", { class: "address" }, `${place.file}:${place.line}:${place.column}`),
            ` · ${code} · ${hint}`,
          ),
        ),
      ),
    );
  }
  if (!differs) return h(Quiet, null, changes.same);
  return h(
    "div",
    null,
    h("p", null, changes.differs),
    h(AccessLines, { change }),
    h("p", null, changes.sessions(sessions)),
    h(Apply, { again }),
  );
}

function Apply({ again }: { readonly again: () => void }): ComponentChild {
  const { words } = useSpoken();
  const { changes, actions } = words;
  const [asks, setAsks] = useState(false);
  const run = async (form: FormData): Promise<void> => {
    const [note, confirm] = [textIn(form, "note"), textIn(form, "confirm")];
    await tell("/v1/apply", { ...(note !== "" && { note }), ...(confirm !== "" && { confirm: Number(confirm) }) });
    again();
  };
  return h(
    "div",
    { class: "operate" },
    h("button", { type: "button", class: "is-main", onClick: () => setAsks(true) }, changes.apply),
    asks &&
      h(
        Dialog,
        { title: changes.applyTitle, act: changes.apply, run, close: () => setAsks(false) },
        h(
          Field,
          { label: `${changes.note} (${actions.optional})`, hint: changes.noteHint },
          h("input", { name: "note", maxLength: 200 }),
        ),
        h(
          Field,
          { label: changes.probation },
          h(
            "select",
            { name: "confirm" },
            Object.entries(changes.probations).map(([value, name]) =>
              h("option", { key: value, value, selected: value === "60000" }, name),
            ),
          ),
        ),
      ),
  );
}

function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}
