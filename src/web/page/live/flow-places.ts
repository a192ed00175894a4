/** Where each flow stands in an overview. */
import type { OverviewAnswer } from "../answers.ts";

export interface FlowPlace {
  /** Of the overview's depots; absent: one of the others. */
  readonly row?: number;
  readonly column: number;
  readonly depot?: number;
  readonly terminal?: number;
  readonly label?: string;
}

export type FlowPlaces = ReadonlyMap<string, FlowPlace>;

export function flowPlaces({ depots, others }: OverviewAnswer): FlowPlaces {
  const places = new Map<string, FlowPlace>();
  depots.forEach(({ depot, terminals }, row) =>
    terminals.forEach(({ flow, terminal, label }, column) =>
      places.set(flow, {
        row,
        column,
        depot,
        ...(terminal === undefined ? {} : { terminal }),
        ...(label === undefined ? {} : { label }),
      }),
    ),
  );
  others.forEach(({ flow, label }, column) => places.set(flow, { column, ...(label === undefined ? {} : { label }) }));
  return places;
}
