/**
 * Finds a terminal by any spelling of it. The gateway reads the spelling (`/v1/overview?select=`), so that the dashboard
 * and the command line agree; labels and names of depots are found here.
 */
import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { DepotOverview, FlowOverview, OverviewAnswer } from "../answers.ts";
import { ask } from "../api.ts";
import { type Live } from "../live/live.ts";
import { useLiveStore } from "../live/use-live.ts";
import { spokenName } from "../parts/flow-link.ts";
import { go } from "../parts/link.ts";
import { foldText } from "../parts/fold-text.ts";
import type { Place } from "../router.ts";
import { Sign } from "../wall/signs.ts";
import { useSpoken } from "../words/use-words.ts";

interface Found {
  readonly place: Place;
  readonly depot?: DepotOverview;
  readonly flow?: FlowOverview;
}

const MOST = 12;
/** Milliseconds without a key before the gateway is asked. */
const PAUSE = 120;

export function Search(): ComponentChild {
  const { words } = useSpoken();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const { found, isDone } = useFound(text);
  const isOpen = text.trim() !== "" && (found.length > 0 || isDone);
  const leave = (): void => {
    setText("");
    setAt(0);
    input.current?.blur();
  };
  const choose = (one: Found | undefined): void => {
    if (one === undefined) return;
    go(one.place);
    leave();
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter") choose(found[at]);
    else if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };
  return h(
    "search",
    { class: "search" },
    h("label", { class: "unseen", for: "search" }, words.search.label),
    h("input", {
      id: "search",
      ref: input,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: false,
      placeholder: words.search.placeholder,
      "aria-expanded": isOpen,
      "aria-controls": "search-found",
      "aria-activedescendant": isOpen && found.length > 0 ? `found-${at}` : undefined,
      value: text,
      onInput: (event: InputEvent) => {
        setText((event.currentTarget as HTMLInputElement).value);
        setAt(0);
      },
      onKeyDown: key,
      onBlur: () => setTimeout(() => setText(""), 200),
    }),
    h("kbd", { class: "search-key", "aria-hidden": "true" }, "/"),
    h(
      "ul",
      { id: "search-found", role: "listbox", "aria-label": words.search.label, hidden: !isOpen || found.length === 0 },
      found.map((one, index) =>
        h(
          "li",
          {
            key: JSON.stringify(one.place),
            id: `found-${index}`,
            role: "option",
            "aria-selected": index === at,
            onMouseDown: () => choose(one),
          },
          h(FoundLine, { one }),
        ),
      ),
    ),
    h("p", { class: "search-none", role: "status", hidden: !isOpen || found.length > 0 }, words.search.none),
  );
}

function FoundLine({ one: { depot, flow } }: { readonly one: Found }): ComponentChild {
  const { words } = useSpoken();
  const { places } = useLiveStore();
  if (depot !== undefined)
    return h(
      "span",
      null,
      h("b", null, words.depot(depot.depot, depot.name)),
      ` ${words.terminals(depot.terminals.length)}`,
    );
  if (flow === undefined) return h("span", null);
  return h(
    "span",
    null,
    h(Sign, { state: flow.state }),
    h("b", null, spokenName(places, flow.flow)),
    ` ${words.states[flow.state]}`,
    h("span", { class: "figure found-port" }, String(flow.port)),
  );
}

function useFound(text: string): { readonly found: readonly Found[]; readonly isDone: boolean } {
  const live = useLiveStore();
  const [told, setTold] = useState<{ readonly text: string; readonly found: readonly Found[] }>({
    text: "",
    found: [],
  });
  const wanted = text.trim();
  useEffect(() => {
    if (wanted === "") return;
    const giveUp = new AbortController();
    const timer = setTimeout(() => {
      ask<OverviewAnswer>("/v1/overview", { select: wanted }, giveUp.signal).then(
        (answer) => setTold({ text: wanted, found: named(answer, live) }),
        () => setTold({ text: wanted, found: [] }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      giveUp.abort();
    };
  }, [wanted, live]);
  if (wanted === "") return { found: [], isDone: false };
  const isDone = told.text === wanted;
  const found = [...(isDone ? told.found : []), ...labelled(live.overview, wanted)];
  const distinct = new Map(found.map((one) => [JSON.stringify(one.place), one]));
  return { found: [...distinct.values()].slice(0, MOST), isDone };
}

/** What the gateway named; a whole depot first as such. */
function named({ depots, others }: OverviewAnswer, { overview }: Live): readonly Found[] {
  return [
    ...depots.flatMap((depot) => {
      const whole = overview?.depots.find((each) => each.depot === depot.depot);
      const isWhole = depot.terminals.length > 1 && whole?.terminals.length === depot.terminals.length;
      return isWhole ? [depotFound(depot)] : [];
    }),
    ...depots.flatMap(({ terminals }) => terminals.map(flowFound)),
    ...others.map(flowFound),
  ];
}

function labelled(overview: OverviewAnswer | undefined, text: string): readonly Found[] {
  if (overview === undefined) return [];
  const wanted = foldText(text);
  const has = (name: string | null | undefined): boolean => foldText(name ?? "").includes(wanted);
  return [
    ...overview.depots.filter(({ name }) => has(name)).map(depotFound),
    ...overview.depots.flatMap(({ terminals }) => terminals.filter(({ label }) => has(label))).map(flowFound),
    ...overview.others.filter(({ flow, label }) => has(label) || has(flow)).map(flowFound),
  ];
}

const depotFound = (depot: DepotOverview): Found => ({ place: { page: "depot", depot: depot.depot }, depot });
const flowFound = (flow: FlowOverview): Found => ({ place: { page: "terminal", flow: flow.flow }, flow });
