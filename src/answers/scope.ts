/** The part of the gateway that a selector names; absent: all of it. */
import type { Changes } from "../change/changes.ts";

export interface Scope {
  readonly flows: number;
  readonly doors: number;
  readonly has: (flow: string) => boolean;
}

/** Throws `no-such-flow`. */
export function scopeOf(changes: Changes, select: string | undefined): Scope {
  const { policy } = changes;
  if (select === undefined) return { flows: policy.flows.length, doors: policy.doors.size, has: () => true };
  const selected = changes.selected(select);
  const ids = new Set(selected.map(({ id }) => id));
  const doors = selected.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  return { flows: selected.length, doors, has: (flow) => ids.has(flow) };
}
