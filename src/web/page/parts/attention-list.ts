/** What needs attention, most urgent first, in sentences. */
import { type ComponentChild, h } from "preact";
import type { Attention, FlowState } from "../answers.ts";
import { useLive } from "../live/use-live.ts";
import { useNow } from "../live/use-now.ts";
import { type Place, addressOf } from "../router.ts";
import { Sign } from "../wall/signs.ts";
import { useSpoken } from "../words/use-words.ts";
import { spokenName } from "./flow-link.ts";
import { Quiet, Section } from "./section.ts";
import { ShortList } from "./short-list.ts";

export function AttentionList(): ComponentChild {
  const { words } = useSpoken();
  const attention = useLive(({ overview }) => overview?.attention) ?? [];
  return h(
    Section,
    { title: words.overview.attention, class: "attention" },
    attention.length === 0
      ? h(Quiet, null, words.overview.calm)
      : h(ShortList<Attention>, {
          items: attention,
          first: 4,
          class: "attention-rows",
          row: (what) => h(AttentionRow, { key: JSON.stringify(what), what }),
        }),
  );
}

function AttentionRow({ what }: { readonly what: Attention }): ComponentChild {
  const { words, time } = useSpoken();
  const places = useLive((live) => live.places);
  const now = useNow();
  const sentence = words.attention(what, (flow) => spokenName(places, flow), time, now);
  return h(
    "li",
    { class: `attention-row is-${what.what}` },
    h(Sign, { state: SIGNS[what.what] }),
    h("a", { href: addressOf(placeFor(what)) }, sentence),
  );
}

const SIGNS: Readonly<Record<Attention["what"], FlowState>> = {
  "depot-down": "down",
  "terminal-down": "down",
  "door-blocked": "blocked",
  closed: "closed",
  draining: "draining",
  "grant-ends": "draining",
  pending: "draining",
  "file-differs": "draining",
  journal: "blocked",
  shield: "blocked",
};

/** Where something can be done about it. */
function placeFor(what: Attention): Place {
  switch (what.what) {
    case "depot-down":
      return { page: "depot", depot: what.depot };
    case "terminal-down":
    case "door-blocked":
    case "closed":
    case "draining":
      return { page: "terminal", flow: what.flow };
    default:
      return { page: "changes" };
  }
}
