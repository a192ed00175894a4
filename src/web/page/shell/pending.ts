/** A change on probation: on every page, for it goes back by itself. */
import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import { tell } from "../api.ts";
import { useLive } from "../live/use-live.ts";
import { useNow } from "../live/use-now.ts";
import { Dialog } from "../parts/dialog.ts";
import { useSpoken } from "../words/use-words.ts";

export function PendingBanner(): ComponentChild {
  const { words, time } = useSpoken();
  const overview = useLive((live) => live.overview?.pending);
  const author = useLive((live) => live.overview?.inventory.author) ?? "";
  const now = useNow();
  const [asks, setAsks] = useState<"confirm" | "rollback">();
  if (overview === null || overview === undefined) return null;
  const { number, rollbackTo, deadline } = overview;
  const { changes } = words;
  const close = (): void => setAsks(undefined);
  return h(
    "div",
    { class: "banner is-pending", role: "region", "aria-label": changes.title },
    h(
      "p",
      null,
      h("strong", null, changes.pending(number, author)),
      " ",
      changes.left(time.duration(deadline - now), rollbackTo),
    ),
    h("button", { type: "button", class: "is-main", onClick: () => setAsks("confirm") }, changes.confirm),
    h("button", { type: "button", onClick: () => setAsks("rollback") }, changes.rollback),
    asks === "confirm" &&
      h(Dialog, {
        title: changes.confirmTitle(number),
        says: changes.confirmSays,
        act: changes.confirm,
        run: () => tell("/v1/confirm"),
        close,
      }),
    asks === "rollback" &&
      h(Dialog, {
        title: changes.rollbackTitle(rollbackTo),
        says: changes.rollbackSays,
        act: changes.rollback,
        isGrave: true,
        run: () => tell("/v1/rollback", { number: rollbackTo }),
        close,
      }),
  );
}
