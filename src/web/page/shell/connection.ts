/** Whether what is shown is of now; if not, since when and why, in a sentence nobody overlooks. */
import { type ComponentChild, h } from "preact";
import { useEffect, useReducer } from "preact/hooks";
import type { Refusal } from "../api.ts";
import { useLive } from "../live/use-live.ts";
import { useSpoken } from "../words/use-words.ts";
import type { Words } from "../words/words.ts";

export function ConnectionSign(): ComponentChild {
  const { words } = useSpoken();
  const { state } = useLive((live) => live.connection);
  const version = useLive(({ overview }) => overview?.version) ?? "";
  const inventory = useLive(({ overview }) => overview?.inventory.number) ?? 0;
  return h(
    "p",
    { class: `connection is-${state}`, role: "status", title: words.connection.version(version, inventory) },
    h("span", { class: "connection-dot", "aria-hidden": "true" }),
    h("span", { class: "connection-word" }, words.connection[state]),
  );
}

export function ConnectionBanner(): ComponentChild {
  const { words, time } = useSpoken();
  const connection = useLive((live) => live.connection);
  const isCut = connection.state === "cut";
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = isCut ? setInterval(() => drawAgain(undefined), 1_000) : undefined;
    return () => clearInterval(timer);
  }, [isCut]);
  if (!isCut) return null;
  const { since, why } = connection;
  return h(
    "div",
    { class: "banner is-failure", role: "alert" },
    h("strong", null, words.connection.lost(time.instant(since, Date.now()), time.duration(Date.now() - since))),
    " ",
    reason(why, words),
  );
}

function reason(why: Refusal | undefined, { connection: { whys } }: Words): string {
  if (why === undefined) return whys.silent;
  if (why.code === "no-gateway" || why.code === "unreachable") return whys[why.code];
  return whys.other(why.message);
}
