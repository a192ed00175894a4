/**
 * The doors: one listener per endpoint of the policy, and those that cannot be opened yet.
 *
 * Opens what is new before it closes what is gone, and touches nothing else. Sockets that the process was given at its
 * start already listen; a door takes the one that is bound to its endpoint instead of binding anew.
 */
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Endpoint } from "../../inventory/model.ts";
import type { ChangedEntry } from "../../policy/pieced-map.ts";
import { type Door, NO_DOORS, type Policy } from "../../policy/policy.ts";
import type { Clock, EngineEvents, Inherited } from "../engine.ts";
import type { BlockedDoor } from "../records.ts";
import { Listener } from "./listener.ts";

/** How often a door that cannot be opened is tried again, in milliseconds. */
const RETRY = 1_000;

/** Doors opened in one turn of the loop: opening never lets go of it by itself, and the sessions inside must not wait. */
const DOORS_A_TURN = 32;

export interface DoorsOptions {
  readonly clock: Clock;
  readonly events: Pick<EngineEvents, "blocked" | "unblocked" | "unclaimed">;
  readonly accept: (endpoint: Endpoint, socket: Socket) => void;
  /** Listening sockets of this process that no door has yet; those that none takes are closed. */
  readonly inherited: Inherited;
}

export class Doors {
  readonly #options: DoorsOptions;
  readonly #inherited: Map<number, { readonly endpoint: Endpoint; readonly fd: number }>;
  readonly #listeners = new Map<number, Listener>();
  readonly #blocked = new Map<number, BlockedDoor>();
  /** The doors of the policy that was applied last; absent: what is open is not known, for that did not come to its end. */
  #applied: Policy["doors"] | undefined;
  #nextRetry = 0;
  #open = true;

  constructor(options: DoorsOptions) {
    this.#options = options;
    this.#inherited = new Map(options.inherited);
  }

  get blocked(): readonly BlockedDoor[] {
    return [...this.#blocked.values()];
  }

  /** How many are open. */
  get size(): number {
    return this.#listeners.size - this.#blocked.size;
  }

  /** Opens a policy's new doors, then closes those it no longer has. */
  async apply(policy: Policy): Promise<void> {
    this.#open = true;
    const before = this.#applied;
    this.#applied = undefined;
    const changes = policy.doors.changesSince(before ?? NO_DOORS);
    await this.#openNew(changes);
    const gone = before === undefined ? [...this.#listeners.keys()] : changes.map(({ key }) => key);
    for (const key of gone) if (!policy.doors.has(key)) this.#close(key);
    this.#closeUnclaimed();
    this.#settle(policy);
  }

  #settle({ doors }: Policy): void {
    if (this.#open) this.#applied = doors;
  }

  closeAll(): void {
    this.#open = false;
    this.#applied = undefined;
    for (const key of this.#listeners.keys()) this.#close(key);
  }

  /** Tries the blocked doors again, when it is time to. */
  async retry(): Promise<void> {
    const { monotonic } = this.#options.clock;
    const began = monotonic();
    if (this.#blocked.size === 0 || began < this.#nextRetry) return;
    this.#nextRetry = Infinity;
    for (const [index, [key, door]] of [...this.#blocked].entries()) {
      if (index % DOORS_A_TURN === DOORS_A_TURN - 1) await nextTurn();
      const listener = this.#listeners.get(key);
      if (listener === undefined || (await listener.open()) !== undefined) continue;
      if (this.#listeners.get(key) !== listener) listener.close();
      else if (this.#blocked.delete(key)) this.#options.events.unblocked(door);
    }
    // A round over thousands of doors takes its time; nine tenths of the process's belong to the sessions.
    const now = monotonic();
    this.#nextRetry = now + Math.max(RETRY, 9 * (now - began));
  }

  async #openNew(changes: readonly ChangedEntry<Door>[]): Promise<void> {
    for (const { key, is: door } of changes) {
      if (!this.#open) return;
      if (door === undefined || this.#listeners.has(key)) continue;
      const listener = new Listener(door.endpoint, this.#options.accept);
      this.#listeners.set(key, listener);
      const fd = this.#inherited.get(key)?.fd;
      this.#inherited.delete(key);
      // One after another: opening them in parallel costs more memory and no less time (measured at 7,128).
      const cause = await listener.open(fd);
      if (this.#listeners.get(key) !== listener) listener.close();
      else if (cause !== undefined) this.#block(key, { flow: door.flow.id, endpoint: door.endpoint, cause });
      if (this.#listeners.size % DOORS_A_TURN === 0) await nextTurn();
    }
  }

  #block(key: number, door: BlockedDoor): void {
    this.#blocked.set(key, door);
    this.#options.events.blocked(door);
  }

  #close(key: number): void {
    this.#listeners.get(key)?.close();
    this.#listeners.delete(key);
    this.#blocked.delete(key);
  }

  /** A socket that listens and that nobody accepts from would keep its clients waiting; closed, it refuses them. */
  #closeUnclaimed(): void {
    for (const { endpoint, fd } of this.#inherited.values()) {
      closeSync(fd);
      this.#options.events.unclaimed(endpoint);
    }
    this.#inherited.clear();
  }
}
