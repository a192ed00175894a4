/**
 * The gateway: an engine that is told a policy, and what it has to tell in turn.
 *
 * The caller brings the policy, the clock, and somewhere for events and records to go.
 */
import type { Applied, BlockedDoor, Clock, Engine, OpenSession } from "./engine/engine.ts";
import { Relay } from "./engine/relay/relay.ts";
import type { Journal } from "./journal/journal.ts";
import { type GatewayEvent, doorEvent, readyEvent, refusedEvent, sessionEvent } from "./observe/events.ts";
import { RefusalTally } from "./observe/refusals.ts";
import type { Policy } from "./policy/policy.ts";

/** How often refusals are told, in milliseconds. */
const REFUSAL_PERIOD = 10_000;

export interface GatewayOptions {
  readonly clock: Clock;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** Keeps what has happened; must neither throw nor wait. */
  readonly keep?: Pick<Journal, "session" | "refused">;
  /** How often refusals are told, in milliseconds; default 10,000. */
  readonly refusalPeriod?: number;
}

export class Gateway {
  readonly #tell: (event: GatewayEvent) => void;
  readonly #engine: Engine;
  readonly #refusals = new RefusalTally();
  readonly #tellRefusals: () => void;
  readonly #stopTelling: () => void;
  #ended = 0;
  #refused = 0;
  #stopping = false;

  constructor({ clock, tell, keep, refusalPeriod = REFUSAL_PERIOD }: GatewayOptions) {
    this.#tell = tell;
    this.#tellRefusals = () => {
      const rows = this.#refusals.take();
      for (const row of rows) tell(refusedEvent(row));
      if (rows.length > 0) keep?.refused(rows, clock.wall());
    };
    this.#engine = new Relay({
      clock,
      events: {
        ended: (record) => {
          this.#ended += 1;
          tell(sessionEvent(record));
          keep?.session(record);
        },
        refused: (refusal) => {
          this.#refused += 1;
          this.#refusals.add(refusal);
        },
        blocked: (door) => tell(doorEvent("blocked", door)),
        unblocked: (door) => tell(doorEvent("unblocked", door)),
      },
    });
    this.#stopTelling = clock.every(refusalPeriod, this.#tellRefusals);
  }

  get openSessions(): readonly OpenSession[] {
    return this.#engine.openSessions;
  }

  /** How many were let in and how many refused since this gateway began. */
  get counts(): { readonly sessions: number; readonly refusals: number } {
    return { sessions: this.#ended + this.#engine.sessions, refusals: this.#refused };
  }

  get blocked(): readonly BlockedDoor[] {
    return this.#engine.blocked;
  }

  /** Opens a policy's doors. Resolves once each is open or known to be blocked. */
  async apply(policy: Policy): Promise<Applied> {
    const applied = await this.#engine.apply(policy);
    if (!this.#stopping) this.#tell(readyEvent(applied, policy.flows.length));
    return applied;
  }

  /**
   * Closes every door, waits at most `limit` milliseconds for the sessions inside, cuts the rest. Calling it again with
   * a shorter limit shortens the wait.
   */
  async stop(limit: number): Promise<{ readonly cut: number }> {
    this.#stopping = true;
    this.#tell({ event: "stopping", sessions: this.#engine.sessions, within: limit });
    const drained = await this.#engine.drain(limit);
    this.#stopTelling();
    this.#tellRefusals();
    return drained;
  }
}
