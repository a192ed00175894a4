/**
 * Looks after the silent: terminals that no session has told anything of for a while are probed, one after another.
 *
 * All are passed once in ten minutes, evenly spread and each at a moment of its own, so that no depot has two probes at
 * once for long; those that are down once a minute, to be seen coming back. Never beside a session: `Engine.probe` sees to
 * that. `probe: none` is never probed.
 */
import type { Clock } from "../engine/engine.ts";
import type { Probed } from "../engine/records.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import type { HealthBook } from "./health.ts";

/** In milliseconds. */
const ROUND = 600_000;
const DOWN_ROUND = 60_000;
const TICK = 1_000;

/** Probes under way at once: a dial to nowhere takes the whole connect limit. */
const AT_ONCE = 32;

export interface WatchOptions {
  readonly clock: Clock;
  readonly flows: () => readonly RelayedFlow[];
  readonly health: Pick<HealthBook, "get">;
  /** Probes, and takes note of what it finds. */
  readonly probe: (flow: RelayedFlow) => Promise<Probed>;
}

/** Starts looking; call what it returns to stop. */
export function watchSilent({ clock, flows, health, probe }: WatchOptions): () => void {
  let position = Math.random();
  let under = 0;
  const look = async (flow: RelayedFlow): Promise<void> => {
    under += 1;
    try {
      await probe(flow);
    } finally {
      under -= 1;
    }
  };
  return clock.every(TICK, () => {
    const all = flows();
    const due = (each: RelayedFlow, index: number): boolean => {
      const known = health.get(each.id);
      const round = known?.state === "down" ? DOWN_ROUND : ROUND;
      return (
        isTurn({ index, count: all.length, position, round }) &&
        !(known !== undefined && clock.wall() - known.heard < round / 2)
      );
    };
    for (const flow of all.filter(due)) if (under < AT_ONCE && flow.probe !== "none") void look(flow);
    position += TICK / ROUND;
  });
}

/** Whether a flow's moment has come: each has its own within a round, by its place among all. */
function isTurn(turn: {
  readonly index: number;
  readonly count: number;
  /** Rounds of ten minutes so far. */
  readonly position: number;
  readonly round: number;
}): boolean {
  const rounds = (turn.position * ROUND) / turn.round - turn.index / turn.count;
  return Math.floor(rounds) !== Math.floor(rounds - TICK / turn.round);
}
