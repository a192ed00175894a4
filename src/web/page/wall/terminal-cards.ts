/** Terminals one by one, each with its state in words: a depot's page, and the overview where there are few. */
import { type ComponentChild, h } from "preact";
import { useRef } from "preact/hooks";
import type { FlowOverview, SessionOverview } from "../answers.ts";
import { useLive } from "../live/use-live.ts";
import { useArrowKeys } from "../parts/arrow-keys.ts";
import { DurationSince } from "../parts/duration-since.ts";
import { addressOf } from "../router.ts";
import { useSpoken } from "../words/use-words.ts";
import { Sign } from "./signs.ts";

export function TerminalCards({ terminals }: { readonly terminals: readonly FlowOverview[] }): ComponentChild {
  const inside = useLive(({ overview }) => overview?.inside) ?? [];
  const sessions = new Map(inside.map((session) => [session.flow, session]));
  const list = useRef<HTMLUListElement>(null);
  useArrowKeys(list);
  return h(
    "ul",
    { class: "cards", ref: list },
    terminals.map((flow) => h("li", { key: flow.flow }, h(Card, { flow, session: sessions.get(flow.flow) }))),
  );
}

function Card({
  flow,
  session,
}: {
  readonly flow: FlowOverview;
  readonly session: SessionOverview | undefined;
}): ComponentChild {
  const { words } = useSpoken();
  const { state, terminal, label, port } = flow;
  const name =
    terminal === undefined ? flow.flow.replace(/^flow\//, "") : words.terminalName(String(terminal).padStart(2, "0"));
  return h(
    "a",
    { class: `card is-${state}`, href: addressOf({ page: "terminal", flow: flow.flow }) },
    h(Sign, { state }),
    h("span", { class: "card-name" }, h("b", null, name), label !== undefined && h("span", null, ` ${label}`)),
    h("span", { class: "card-port figure" }, String(port)),
    h("span", { class: "card-state" }, h(StateLine, { flow, session })),
  );
}

function StateLine({
  flow,
  session,
}: {
  readonly flow: FlowOverview;
  readonly session: SessionOverview | undefined;
}): ComponentChild {
  const { words, time } = useSpoken();
  const { state, sessions, since, cause } = flow;
  if (state === "in-session" && session !== undefined) {
    const more = sessions > 1 ? ` +${sessions - 1}` : "";
    return h(
      "span",
      null,
      words.states[state],
      " · ",
      h("span", { class: "address" }, session.source),
      more,
      " · ",
      h(DurationSince, { at: session.started }),
    );
  }
  const when =
    since === undefined || state === "free" || state === "unheard"
      ? ""
      : ` ${words.since(time.minute(since, Date.now()))}`;
  const why = cause === undefined ? "" : `${words.colon}${words.causes[cause] ?? cause}`;
  return h("span", null, `${words.states[state]}${when}${why}`);
}
