/** Sessions and refusals, a row each. */
import { type ComponentChild, h } from "preact";
import type { EndedOverview, RecentRefusal, SessionOverview } from "../answers.ts";
import { Sign } from "../wall/signs.ts";
import { useSpoken } from "../words/use-words.ts";
import { DurationSince, Instant } from "./duration-since.ts";
import { FlowLink } from "./flow-link.ts";

export function SessionRow({ session }: { readonly session: SessionOverview }): ComponentChild {
  const { words } = useSpoken();
  const { flow, source, rule, phase, leaving, started } = session;
  const remark = leaving ? words.leaving : phase === "open" ? undefined : words.phases[phase];
  return h(
    "li",
    { class: "row is-line" },
    h(Sign, { state: leaving ? "draining" : "in-session" }),
    h(FlowLink, { flow }),
    h("span", { class: "row-end" }, h(DurationSince, { at: started })),
    h("span", { class: "row-more" }, `${rule} `, h("span", { class: "address" }, source), remark && ` · ${remark}`),
  );
}

export function RefusalRow({ refusal }: { readonly refusal: RecentRefusal }): ComponentChild {
  const { words } = useSpoken();
  const { source, flow, reason, count, last } = refusal;
  return h(
    "li",
    { class: "row" },
    h("span", { class: "sign-refused", "aria-hidden": "true" }),
    h(
      "span",
      null,
      h("b", { class: "address" }, source ?? words.anySource),
      ` ${words.knocksAt} `,
      flow === null ? words.noFlow : h(FlowLink, { flow }),
    ),
    h(
      "span",
      { class: "row-end" },
      count > 1 && h("b", { class: "figure" }, `${words.times(count)} `),
      h(Instant, { at: last }),
    ),
    h("span", { class: "row-more" }, words.reasons[reason] ?? reason),
  );
}

export function EndedRow({ ended }: { readonly ended: EndedOverview }): ComponentChild {
  const { words, time } = useSpoken();
  const { flow, outcome, by, cause, at, duration, source } = ended;
  const isFine = outcome === "closed";
  const why = cause === undefined ? "" : `${words.colon}${words.causes[cause] ?? cause}`;
  const whom = isFine || outcome === "dial-failed" ? "" : ` ${words.parties[by] ?? by}`;
  return h(
    "li",
    { class: "row is-wide" },
    h("span", { class: isFine ? "mark is-fine" : "mark is-bad", "aria-hidden": "true" }),
    h(FlowLink, { flow }),
    h("span", { class: "row-end" }, h(Instant, { at })),
    h(
      "span",
      { class: "row-more" },
      `${words.outcomes[outcome] ?? outcome}${whom}${why}`,
      " · ",
      h("span", { class: "figure" }, time.duration(duration)),
      " · ",
      h("span", { class: "address" }, source),
    ),
  );
}
