/** A part of a page: its heading, what counts it, and what it shows. */
import { type ComponentChildren, type ComponentChild, h } from "preact";

export interface SectionProps {
  readonly title: string;
  readonly class?: string;
  readonly aside?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Section({ title, class: name = "", aside, children }: SectionProps): ComponentChild {
  return h(
    "section",
    { class: `section ${name}` },
    h("header", null, h("h2", null, title), aside !== undefined && h("div", { class: "aside" }, aside)),
    children,
  );
}

export function Quiet({ children }: { readonly children: ComponentChildren }): ComponentChild {
  return h("p", { class: "quiet" }, children);
}
