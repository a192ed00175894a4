/** The rights that end by themselves. */
import { type ComponentChild, h } from "preact";
import type { GrantAside, TemporaryGrant } from "../../answers.ts";
import { useNow } from "../../live/use-now.ts";
import { Failed, Loading } from "../../parts/notice.ts";
import { Quiet, Section } from "../../parts/section.ts";
import { useAnswer } from "../../use-answer.ts";
import { useSpoken } from "../../words/use-words.ts";
import { Revoke } from "../terminal/who-may-enter.ts";

interface GrantsAnswer {
  readonly list: readonly TemporaryGrant[];
  readonly aside: readonly GrantAside[];
}

export function Grants({ cue }: { readonly cue: string }): ComponentChild {
  const { words } = useSpoken();
  const { answer, failure, again } = useAnswer<GrantsAnswer>("/v1/grants", {}, cue);
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(List, { grants: answer.list, again });
  return h(Section, { title: words.changes.grants }, shown);
}

function List({
  grants,
  again,
}: {
  readonly grants: readonly TemporaryGrant[];
  readonly again: () => void;
}): ComponentChild {
  const { words, time } = useSpoken();
  const now = useNow();
  const left = grants.filter(({ until }) => until > now);
  if (left.length === 0) return h(Quiet, null, words.changes.noGrants);
  return h(
    "ul",
    { class: "rows" },
    left.map(({ id, source, flows, until, reason, by }) =>
      h(
        "li",
        { key: id, class: "row" },
        h("span", { class: "mark is-fine is-passing", "aria-hidden": "true" }),
        h("span", null, h("b", null, source), ` · ${words.terminals(flows.length)}`),
        h("span", { class: "row-end" }, h(Revoke, { id, source, again })),
        h(
          "span",
          { class: "row-more" },
          `${words.terminal.until(time.minute(until, now), time.duration(until - now))} · ${reason} · ${by}`,
        ),
      ),
    ),
  );
}
