/** The gateway's clock in components: one timer for all of them, and none for a page that is not shown. */
import { useEffect, useReducer } from "preact/hooks";
import { useLiveStore } from "./use-live.ts";

const waiting = new Set<() => void>();

setInterval(() => {
  if (!document.hidden) for (const each of waiting) each();
}, 1_000);

/** Milliseconds since the epoch; drawn again every second. */
export function useNow(): number {
  const live = useLiveStore();
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const tick = (): void => drawAgain(undefined);
    waiting.add(tick);
    return () => void waiting.delete(tick);
  }, []);
  return live.now();
}
