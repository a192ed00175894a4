/** One terminal: how it is in one sentence, who is inside, its last day, who may enter, and what can be done. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { FlowAnswer, ProbeAnswer } from "../answers.ts";
import { Refusal, tell } from "../api.ts";
import { useLive } from "../live/use-live.ts";
import { Failed, Loading, failureText } from "../parts/notice.ts";
import { OperateButtons, actsFor } from "../parts/operate-buttons.ts";
import { Quiet, Section } from "../parts/section.ts";
import { EndedRow, SessionRow } from "../parts/session-rows.ts";
import { addressOf } from "../router.ts";
import { useAnswer } from "../use-answer.ts";
import { Sign } from "../wall/signs.ts";
import { useSpoken } from "../words/use-words.ts";
import { AboutTerminal } from "./terminal/about.ts";
import { LastDay } from "./terminal/last-day.ts";
import { stateSentence } from "./terminal/state-sentence.ts";
import { WhoMayEnter } from "./terminal/who-may-enter.ts";

export function TerminalPage({ flow: id }: { readonly flow: string }): ComponentChild {
  const { words } = useSpoken();
  // Whatever happens to it makes it another object; grants and inventories are told as changes.
  const live = useLive(({ overview, places }) => {
    const place = places.get(id);
    if (place === undefined) return undefined;
    return place.row === undefined
      ? overview?.others[place.column]
      : overview?.depots[place.row]?.terminals[place.column];
  });
  const changes = useLive((store) => store.changes);
  const { answer, failure, again } = useAnswer<FlowAnswer>(
    "/v1/flow",
    { select: id },
    `${JSON.stringify(live)} ${changes}`,
  );
  if (failure?.code === "no-such-flow") return h("p", { class: "notice" }, words.terminal.notFound(id));
  if (failure !== undefined) return h(Failed, { failure, again });
  if (answer === undefined) return h(Loading, null);
  return h(
    "div",
    { class: "terminal" },
    h(Head, { flow: answer }),
    h(Operate, { flow: answer, again }),
    h(Body, { flow: answer, again }),
  );
}

function Head({ flow }: { readonly flow: FlowAnswer }): ComponentChild {
  const { words, time } = useSpoken();
  const { depot, depotName, terminal, label, state } = flow;
  const name = terminal === undefined ? flow.flow : words.terminalName(String(terminal).padStart(2, "0"));
  return h(
    "header",
    { class: "page-head" },
    depot !== undefined &&
      h("p", null, h("a", { href: addressOf({ page: "depot", depot }) }, words.depot(depot, depotName ?? null))),
    h("h1", null, name, label !== undefined && h("span", { class: "h1-label" }, ` ${label}`)),
    h("p", { class: "lead" }, h(Sign, { state }), stateSentence(flow, words, time)),
  );
}

interface PartProps {
  readonly flow: FlowAnswer;
  readonly again: () => void;
}

function Operate({ flow, again }: PartProps): ComponentChild {
  const { words } = useSpoken();
  const [told, setTold] = useState("");
  const { flow: id, depot, terminal, state, inside, probe } = flow;
  const name = depot === undefined || terminal === undefined ? id : `${depot}/${String(terminal).padStart(2, "0")}`;
  const look = (): void => {
    setTold(words.loading);
    tell<ProbeAnswer>("/v1/probe", { select: id }).then(
      (probed) => {
        setTold(probedText(probed, words));
        again();
      },
      (error: unknown) => setTold(error instanceof Refusal ? failureText(error, words) : String(error)),
    );
  };
  return h(
    "div",
    { class: "bars" },
    h(OperateButtons, { select: id, name, acts: actsFor([state]), inside: inside.length }),
    h(
      "div",
      { class: "operate" },
      probe !== "none" && h("button", { type: "button", onClick: look }, words.actions.probe),
      h("span", { role: "status" }, told),
    ),
  );
}

function probedText(
  probed: ProbeAnswer | undefined,
  { actions, causes, colon }: ReturnType<typeof useSpoken>["words"],
): string {
  if (probed === undefined) return "";
  const said = actions.probed[probed.outcome] ?? probed.outcome;
  if (probed.cause === undefined) return `${said} (${Math.round(probed.duration)} ms)`;
  return `${said}${colon}${causes[probed.cause] ?? probed.cause}.`;
}

function Body({ flow, again }: PartProps): ComponentChild {
  const { words } = useSpoken();
  const { inside, recent } = flow;
  return h(
    "div",
    { class: "columns" },
    h(
      "div",
      null,
      h(
        Section,
        { title: words.terminal.now },
        inside.length === 0
          ? h(Quiet, null, words.terminal.nobody)
          : h(
              "ul",
              { class: "rows sessions" },
              inside.map((session) => h(SessionRow, { key: session.session, session })),
            ),
      ),
      h(LastDay, { flow: flow.flow }),
      h(
        Section,
        { title: words.terminal.recent },
        recent === null || recent.length === 0
          ? h(Quiet, null, words.terminal.noRecent)
          : h(
              "ul",
              { class: "rows" },
              recent.map((ended) => h(EndedRow, { key: `${ended.at} ${ended.source}`, ended })),
            ),
      ),
    ),
    h("div", null, h(WhoMayEnter, { flow, again }), h(AboutTerminal, { flow })),
  );
}
