/**
 * Many silent terminals, said once: where all of a depot are down it is the way there, not thirty terminals.
 *
 * Judged by the terminals alone. A tunnel or a router may well call itself online while nothing behind it answers.
 */
import type { RelayedFlow } from "../policy/policy.ts";
import type { Health } from "./health.ts";

export type Trouble =
  /** All of the depot that were heard of are down, and they are two or more. */
  | { readonly what: "depot-down"; readonly depot: number; readonly since: number; readonly flows: readonly string[] }
  | { readonly what: "terminal-down"; readonly flow: string; readonly since: number; readonly cause: string };

/** In the policy's order; `since` is the first sign of it, in milliseconds since the epoch. */
export function correlate(
  flows: readonly RelayedFlow[],
  healthOf: (flow: string) => Health | undefined,
): readonly Trouble[] {
  const depots = Map.groupBy(flows, ({ id, position }) => (position === undefined ? id : position.depot));
  return [...depots].flatMap(([depot, its]): readonly Trouble[] => {
    const isUp = ({ id }: RelayedFlow): boolean => healthOf(id)?.state === "up";
    const down = its.flatMap(({ id }) => {
      const health = healthOf(id);
      return health?.state === "down" ? [{ id, ...health }] : [];
    });
    if (typeof depot === "number" && down.length >= 2 && !its.some(isUp)) {
      const since = Math.min(...down.map((each) => each.since));
      return [{ what: "depot-down", depot, since, flows: down.map(({ id }) => id) }];
    }
    return down.map(({ id, since, cause = "unknown" }) => ({ what: "terminal-down", flow: id, since, cause }));
  });
}

/** One sentence; `timeOf` writes an instant for the reader. */
export function describeTrouble(trouble: Trouble, timeOf: (instant: number) => string): string {
  const since = timeOf(trouble.since);
  if (trouble.what === "terminal-down") return `${trouble.flow}: down since ${since} (${trouble.cause})`;
  const count = trouble.flows.length;
  return `depot ${trouble.depot}: link down since ${since} (${count} of ${count} terminals do not answer)`;
}
