/** What happens, as it happens. */
import type { Streamed } from "../control/stream.ts";
import { EcluseError } from "../errors.ts";
import type { Asked } from "./asked.ts";

/** Throws `usage` where as many follow already as may. */
export function events({ gateway }: Pick<Asked, "gateway">, after: string | undefined): Streamed {
  const { stream } = gateway.live;
  if (!stream.isFull) return (sink) => stream.subscribe(sink, after);
  throw new EcluseError("usage", "Cannot follow what happens: as many do as may", {
    hint: "open the dashboard: however many look at it, it follows once",
  });
}
