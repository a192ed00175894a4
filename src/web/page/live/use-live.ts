/** The live overview in components: each is drawn again only when what it selects is another value. */
import { createContext } from "preact";
import { useContext, useEffect, useReducer, useRef } from "preact/hooks";
import type { Live } from "./live.ts";

export const LiveContext = createContext<Live | undefined>(undefined);

export function useLiveStore(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("no live overview above this component");
  return live;
}

/** `select` gives parts of the overview, not new objects. */
export function useLive<T>(select: (live: Live) => T): T {
  const live = useLiveStore();
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  const selected = select(live);
  const latest = useRef({ select, selected });
  latest.current = { select, selected };
  useEffect(
    () =>
      live.subscribe(() => {
        if (!Object.is(latest.current.select(live), latest.current.selected)) drawAgain(undefined);
      }),
    [live],
  );
  return selected;
}
