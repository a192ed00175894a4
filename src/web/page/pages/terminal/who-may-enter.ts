/** Who may enter a terminal and until when; what was given for a while can be withdrawn. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { FlowAnswer, FlowGrant } from "../../answers.ts";
import { tell } from "../../api.ts";
import { useNow } from "../../live/use-now.ts";
import { Dialog } from "../../parts/dialog.ts";
import { Quiet, Section } from "../../parts/section.ts";
import { useSpoken } from "../../words/use-words.ts";

export function WhoMayEnter({
  flow,
  again,
}: {
  readonly flow: FlowAnswer;
  readonly again: () => void;
}): ComponentChild {
  const { words } = useSpoken();
  const now = useNow();
  const grants = flow.grants.filter(({ until }) => until === undefined || until > now);
  return h(
    Section,
    { title: words.terminal.who, class: "who" },
    grants.length === 0
      ? h(Quiet, null, words.terminal.noWho)
      : h(
          "ul",
          { class: "rows" },
          grants.map((grant) => h(GrantRow, { key: `${grant.id ?? ""} ${grant.source}`, grant, now, again })),
        ),
  );
}

interface GrantRowProps {
  readonly grant: FlowGrant;
  readonly now: number;
  readonly again: () => void;
}

function GrantRow({ grant: { source, networks, until, reason, id }, now, again }: GrantRowProps): ComponentChild {
  const { words, time } = useSpoken();
  const end =
    until === undefined
      ? words.terminal.always
      : words.terminal.until(time.minute(until, now), time.duration(until - now));
  return h(
    "li",
    { class: "row" },
    h("span", { class: until === undefined ? "mark is-fine" : "mark is-fine is-passing", "aria-hidden": "true" }),
    h("b", null, source),
    h("span", { class: "row-end" }, id !== undefined && h(Revoke, { id, source, again })),
    h(
      "span",
      { class: "row-more" },
      h("span", { class: "address" }, networks.join(", ")),
      ` · ${end}`,
      reason !== undefined && ` · ${reason}`,
    ),
  );
}

export interface RevokeProps {
  readonly id: string;
  readonly source: string;
  readonly again: () => void;
}

export function Revoke({ id, source, again }: RevokeProps): ComponentChild {
  const { words } = useSpoken();
  const [asks, setAsks] = useState(false);
  return h(
    "span",
    null,
    h("button", { type: "button", class: "link", onClick: () => setAsks(true) }, words.actions.revoke),
    asks &&
      h(Dialog, {
        title: words.actions.revokeTitle(source),
        says: words.actions.revokeSays,
        act: words.actions.revoke,
        isGrave: true,
        run: () => tell("/v1/revoke", { id }).then(again),
        close: () => setAsks(false),
      }),
  );
}
