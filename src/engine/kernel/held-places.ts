/**
 * Places that are taken by sessions of which the kernel's count knows nothing: those from before its set was made. Such a
 * terminal lets nobody new in while it is full by our own count.
 */
import type { Endpoint } from "../../inventory/model.ts";
import { endpointKey } from "../../policy/policy.ts";
import type { KernelSessions } from "./kernel-sessions.ts";
import type { Taken } from "./table/taken.ts";
import { type Table, placesAt } from "./table/table.ts";

type Limits = Pick<Table, "terminals">;

export interface HeldPlacesOptions {
  readonly taken: Pick<Taken, "hold" | "release">;
  readonly sessions: Pick<KernelSessions, "at">;
}

export class HeldPlaces {
  readonly #options: HeldPlacesOptions;
  /** By `endpointKey` of the terminal. */
  readonly #held = new Set<number>();
  #limits: Limits | undefined;

  constructor(options: HeldPlacesOptions) {
    this.#options = options;
  }

  /** Who is inside where the count has begun anew is not in it. `isWhole`: every count has. */
  async follow(table: Limits, inside: Iterable<Counted>, isWhole: boolean): Promise<void> {
    const before = this.#limits;
    this.#limits = table;
    if (isWhole) this.#held.clear();
    const places = new Map<number, Endpoint>();
    for (const session of inside) {
      const { target } = session.entry;
      const place = endpointKey(target.address, target.port);
      if (!isWhole && before !== undefined && placesAt(before, place) === placesAt(table, place)) continue;
      session.isCounted = false;
      places.set(place, target);
    }
    for (const target of places.values()) await this.changed(target);
  }

  /** Somebody has come or gone there. */
  async changed(target: Endpoint): Promise<void> {
    const place = endpointKey(target.address, target.port);
    const inside = this.#options.sessions.at(place);
    const isFull = inside.length >= ((this.#limits && placesAt(this.#limits, place)) ?? Infinity);
    const isHeld = isFull && inside.some(({ isCounted }) => !isCounted);
    if (isHeld === this.#held.has(place)) return;
    if (isHeld) {
      this.#held.add(place);
      await this.#options.taken.hold(target);
    } else {
      this.#held.delete(place);
      await this.#options.taken.release(target);
    }
  }
}

interface Counted {
  readonly entry: { readonly target: Endpoint };
  isCounted: boolean;
}
