/** What the inventory says of a terminal. */
import { type ComponentChild, h } from "preact";
import type { FlowAnswer } from "../../answers.ts";
import { Section } from "../../parts/section.ts";
import { useSpoken } from "../../words/use-words.ts";

export function AboutTerminal({ flow }: { readonly flow: FlowAnswer }): ComponentChild {
  const { words, time } = useSpoken();
  const { fields, directions, heardBy, about } = words.terminal;
  const { health, now } = flow;
  const heard = health === undefined ? undefined : `${time.instant(health.heard, now)}, ${heardBy[health.by]}`;
  const rows: readonly (readonly [string, string | undefined, boolean])[] = [
    [fields.id, flow.flow, true],
    [fields.model, flow.model, false],
    [fields.serial, flow.serial, false],
    [fields.door, flow.endpoints.join(", "), true],
    [fields.target, flow.target, true],
    [fields.heard, heard, false],
    [fields.direction, directions[flow.direction] ?? flow.direction, false],
    [fields.owner, flow.owner, false],
    [fields.reason, flow.reason, false],
    [fields.approver, flow.approver, false],
    [fields.reviewed, flow.reviewed, false],
    [fields.nextReview, flow.nextReview, false],
  ];
  return h(
    Section,
    { title: about },
    h(
      "dl",
      { class: "facts" },
      rows.flatMap(([name, value, isCode]) =>
        value === undefined || value === ""
          ? []
          : [h("div", { key: name }, h("dt", null, name), h("dd", isCode ? { class: "address" } : null, value))],
      ),
    ),
  );
}
