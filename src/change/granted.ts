/**
 * The temporary grants of a running gateway: those on the disk, as far as their time is not over by either clock.
 *
 * A grant ends at its instant of the wall clock, or when its duration is over by the monotonic one, whichever is first:
 * docs/decisions/clocks.md.
 */
import type { Clock } from "../engine/engine.ts";
import type { Inventory } from "../inventory/model.ts";
import { GrantDeadlines } from "./grant-deadlines.ts";
import type { SealedRecord } from "./state-sealed.ts";
import {
  type GrantAside,
  type GrantRequest,
  type TemporaryGrant,
  type TemporaryGrants,
  addGrant,
  grantsAside,
  revokeGrant,
  withTemporaryGrants,
  withoutExpired,
} from "./temporary-grants.ts";

/** How often the time of the grants is looked at, in milliseconds. */
const LOOK = 500;

/** Milliseconds before the end of a grant that could not be written is tried again. */
const RETRY = 10_000;

export class Granted {
  readonly #store: SealedRecord<TemporaryGrants>;
  readonly #clock: Clock;
  readonly #deadlines = new GrantDeadlines();
  #stopLooking: (() => void) | undefined;
  #isEnding = false;

  constructor(store: SealedRecord<TemporaryGrants>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#note();
  }

  /** Those in force, and those that are set aside because the inventory has no more place for them. */
  in(inventory: Inventory): { readonly list: readonly TemporaryGrant[]; readonly aside: readonly GrantAside[] } {
    const now = this.#clock.wall();
    const { list } = withoutExpired(this.#lasting, now);
    return { list, aside: grantsAside(inventory, list, now) };
  }

  /** The inventory as it holds now, with what they add. */
  extend(inventory: Inventory): Inventory {
    return withTemporaryGrants(inventory, this.#lasting.list, this.#clock.wall());
  }

  async add(request: GrantRequest, inventory: Inventory): Promise<TemporaryGrant> {
    const now = this.#clock.wall();
    const { list } = await this.#store.update((grants) =>
      addGrant(withoutExpired(grants, now), request, { inventory, now }),
    );
    this.#note();
    return list.at(-1) as TemporaryGrant;
  }

  /** Throws `usage` where there is none of that name. */
  async revoke(id: string): Promise<void> {
    await this.#store.update((grants) => revokeGrant(grants, id));
  }

  /**
   * Looks from now on after those that the wall clock, set back, would let last; the others end by it. `end` must enforce
   * that they are over before it calls `forget`: a disk that cannot be written to lets nobody in, and is tried again.
   */
  watch(end: (over: readonly TemporaryGrant[], forget: () => Promise<void>) => Promise<void>): void {
    this.#stopLooking = this.#clock.every(LOOK, () => {
      const over = this.#overdue().filter(({ until }) => this.#clock.wall() < until);
      if (over.length === 0 || this.#isEnding) return;
      this.#isEnding = true;
      end(over, () => this.#forget(over)).then(this.#ended, () => this.#endAgainLater());
    });
  }

  stop(): void {
    this.#stopLooking?.();
  }

  readonly #ended = (): void => {
    this.#isEnding = false;
  };

  #endAgainLater(): void {
    const stop = this.#clock.every(RETRY, () => {
      stop();
      this.#ended();
    });
  }

  async #forget(over: readonly TemporaryGrant[]): Promise<void> {
    const ids = new Set(over.map(({ id }) => id));
    await this.#store.update((grants) => ({ ...grants, list: grants.list.filter(({ id }) => !ids.has(id)) }));
  }

  /** Without those that are over by the clock that nobody sets. */
  get #lasting(): TemporaryGrants {
    const grants = this.#store.value;
    const over = this.#overdue();
    return over.length === 0 ? grants : { ...grants, list: grants.list.filter((grant) => !over.includes(grant)) };
  }

  #overdue(): readonly TemporaryGrant[] {
    return this.#deadlines.over(this.#store.value.list, this.#clock.monotonic());
  }

  #note(): void {
    this.#deadlines.note(this.#store.value.list, { wall: this.#clock.wall(), monotonic: this.#clock.monotonic() });
  }
}
