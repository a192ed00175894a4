/**
 * The gateway: an engine that is told a policy, and what it has to tell in turn.
 *
 * Wires the parts and owns their lives; the caller brings the inventory, the clock and somewhere for events to go.
 */
import type { Applied, Clock, Engine } from "./engine/engine.ts";
import { Relay } from "./engine/relay/relay.ts";
import type { Inventory } from "./inventory/model.ts";
import { type GatewayEvent, doorEvent, readyEvent, refusedEvent, sessionEvent } from "./observe/events.ts";
import { RefusalTally } from "./observe/refusals.ts";
import { compile } from "./policy/compile.ts";

/** How often refusals are told, in milliseconds. */
const REFUSAL_PERIOD = 10_000;

export interface GatewayOptions {
  readonly clock: Clock;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** How often refusals are told, in milliseconds; default 10,000. */
  readonly refusalPeriod?: number;
}

export class Gateway {
  readonly #tell: (event: GatewayEvent) => void;
  readonly #engine: Engine;
  readonly #refusals = new RefusalTally();
  readonly #stopTelling: () => void;
  #stopping = false;

  constructor({ clock, tell, refusalPeriod = REFUSAL_PERIOD }: GatewayOptions) {
    this.#tell = tell;
    this.#engine = new Relay({
      clock,
      events: {
        ended: (record) => tell(sessionEvent(record)),
        refused: (refusal) => this.#refusals.add(refusal),
        blocked: (door) => tell(doorEvent("blocked", door)),
        unblocked: (door) => tell(doorEvent("unblocked", door)),
      },
    });
    this.#stopTelling = clock.every(refusalPeriod, () => this.#tellRefusals());
  }

  get sessions(): number {
    return this.#engine.sessions;
  }

  /** Opens an inventory's doors. Resolves once each is open or known to be blocked. */
  async apply(inventory: Inventory): Promise<Applied> {
    const policy = compile(inventory);
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

  #tellRefusals(): void {
    for (const row of this.#refusals.take()) this.#tell(refusedEvent(row));
  }
}
