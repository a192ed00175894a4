/** The first screen: what needs attention, who pays, who was refused, and every terminal at a glance. */
import { type ComponentChild, h } from "preact";
import { useLive } from "../live/use-live.ts";
import { useNow } from "../live/use-now.ts";
import { AttentionList } from "../parts/attention-list.ts";
import { Quiet, Section } from "../parts/section.ts";
import { EndedRow, RefusalRow, SessionRow } from "../parts/session-rows.ts";
import { ShortList } from "../parts/short-list.ts";
import { addressOf } from "../router.ts";
import { Legend } from "../wall/legend.ts";
import { TerminalCards } from "../wall/terminal-cards.ts";
import { Wall } from "../wall/wall.ts";
import { useSpoken } from "../words/use-words.ts";

/** So many are shown one by one. */
const FEW = 40;

export function OverviewPage(): ComponentChild {
  const { words } = useSpoken();
  return h(
    "div",
    { class: "overview" },
    h("h1", { class: "unseen" }, words.overview.title),
    h("div", { class: "overview-now" }, h(Figures, null), h(AttentionList, null), h(Inside, null), h(Refused, null)),
    h(Terminals, null),
  );
}

function Figures(): ComponentChild {
  const { words, time } = useSpoken();
  const sessions = useLive(({ overview }) => overview?.sessions);
  const refusals = useLive(({ overview }) => overview?.refusals) ?? [];
  const depots = useLive(({ overview }) => overview?.depots) ?? [];
  const states = depots.flatMap(({ terminals }) => terminals.map(({ state }) => state));
  const broken = states.filter((state) => state === "down" || state === "blocked").length;
  const refused = refusals.reduce((sum, { count }) => sum + count, 0);
  const figure = (value: number, name: string, kind: string): ComponentChild =>
    h(
      "div",
      { class: `figure-box ${value > 0 ? kind : ""}` },
      h("dd", { class: "figure" }, time.number(value)),
      h("dt", null, name),
    );
  return h(
    "dl",
    { class: "figures" },
    figure(sessions?.open ?? 0, words.overview.inSession, "is-busy"),
    figure(refused, words.overview.refused, "is-refused"),
    figure(broken, words.overview.down, "is-broken"),
    figure(states.length, words.overview.terminals(states.length), ""),
  );
}

function Inside(): ComponentChild {
  const { words } = useSpoken();
  const inside = useLive(({ overview }) => overview?.inside) ?? [];
  return h(
    Section,
    { title: words.overview.sessions, class: "inside" },
    inside.length === 0
      ? h(Quiet, null, words.overview.noSession)
      : h(ShortList<(typeof inside)[number]>, {
          items: inside,
          first: 6,
          class: "sessions",
          row: (session) => h(SessionRow, { key: session.session, session }),
        }),
  );
}

function Refused(): ComponentChild {
  const { words } = useSpoken();
  const all = useLive(({ overview }) => overview?.refusals) ?? [];
  const since = useNow() - 900_000;
  const refusals = all.filter(({ last }) => last >= since);
  const more = h("a", { href: addressOf({ page: "refusals", by: "source", range: "1h" }) }, words.nav.refusals);
  return h(
    Section,
    { title: words.overview.refusals, class: "refused", aside: more },
    refusals.length === 0
      ? h(Quiet, null, words.overview.noRefusal)
      : h(ShortList<(typeof refusals)[number]>, {
          items: refusals,
          first: 4,
          class: "refusals",
          row: (refusal) =>
            h(RefusalRow, { key: `${refusal.source ?? ""} ${refusal.flow ?? ""} ${refusal.reason}`, refusal }),
        }),
  );
}

function Ended(): ComponentChild {
  const { words } = useSpoken();
  const recent = useLive(({ overview }) => overview?.recent) ?? [];
  return h(
    Section,
    { title: words.overview.recent, class: "ended" },
    recent.length === 0
      ? h(Quiet, null, words.overview.noRecent)
      : h(ShortList<(typeof recent)[number]>, {
          items: recent,
          first: 6,
          class: "ended",
          row: (ended) => h(EndedRow, { key: `${ended.flow} ${ended.at} ${ended.source}`, ended }),
        }),
  );
}

function Terminals(): ComponentChild {
  const { words } = useSpoken();
  const depots = useLive(({ overview }) => overview?.depots) ?? [];
  const others = useLive(({ overview }) => overview?.others) ?? [];
  const count = depots.reduce((sum, { terminals }) => sum + terminals.length, 0);
  return h(
    "div",
    { class: "overview-all" },
    h(
      Section,
      { title: words.overview.depots, class: "depots", aside: h(Legend, { depots }) },
      count <= FEW ? h(DepotCards, null) : h(Wall, null),
    ),
    h(Ended, null),
    others.length > 0 && h(Section, { title: words.overview.others }, h(TerminalCards, { terminals: others })),
  );
}

function DepotCards(): ComponentChild {
  const { words } = useSpoken();
  const depots = useLive(({ overview }) => overview?.depots) ?? [];
  return h(
    "div",
    { class: "depot-cards" },
    depots.map(({ depot, name, terminals }) =>
      h(
        "div",
        { key: depot },
        h("h3", null, h("a", { href: addressOf({ page: "depot", depot }) }, words.depot(depot, name))),
        h(TerminalCards, { terminals }),
      ),
    ),
  );
}
