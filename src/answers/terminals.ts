/** Whether terminals can be reached: what is known of them, and a look at one. */
import type { Probed } from "../engine/records.ts";
import type { Probing } from "../inventory/model.ts";
import { type Trouble, correlate } from "../probe/correlate.ts";
import type { Health } from "../probe/health.ts";
import type { Asked } from "./asked.ts";
import { oneFlow } from "./one-flow.ts";

/** Terminals that nothing has told of yet have no state. Instants are milliseconds since the epoch. */
export interface HealthAnswer {
  readonly flows: readonly ({ readonly flow: string; readonly probe: Probing } & Partial<Health>)[];
  readonly troubles: readonly Trouble[];
}

export interface ProbeAnswer extends Omit<Probed, "outcome"> {
  readonly flow: string;
  /** `forbidden`: by the inventory. */
  readonly outcome: Probed["outcome"] | "forbidden";
}

export function health({ gateway, changes }: Asked, select: string | undefined): HealthAnswer {
  const flows = changes.selected(select ?? "*");
  return {
    flows: flows.map(({ id, probe: probing = "connect" }) => ({ flow: id, probe: probing, ...gateway.health.get(id) })),
    troubles: correlate(flows, (flow) => gateway.health.get(flow)),
  };
}

export async function probe({ gateway, changes }: Asked, select: string): Promise<ProbeAnswer> {
  const flow = oneFlow(changes, select, "probe");
  if (flow.probe === "none") return { flow: flow.id, outcome: "forbidden", duration: 0 };
  const { duration, ...probed } = await gateway.probe(flow);
  return { flow: flow.id, ...probed, duration: Math.round(duration) };
}
