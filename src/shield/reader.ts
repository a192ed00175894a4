/**
 * Reads a shield that stands: whether it is still the one that was put up, and whom it has refused since the last look.
 *
 * How many they are in all is cheap to read, and read at each look. Who they were is read when there are more of them, and
 * no more often than it is worth.
 */
import type { Clock } from "../engine/engine.ts";
import { EcluseError } from "../errors.ts";
import type { NftObject } from "../netfilter/nft.ts";
import { Pace } from "../netfilter/pace.ts";
import { type Refused, RefusedSince, countedIn, totalIn } from "./refused.ts";
import { LIFE, REFUSED, REFUSED_IN_ALL } from "./script.ts";

/** Milliseconds after which who they were is read again, whatever it took; and while the set has something to forget. */
const LONGEST = 10_000;
/** nft leaves out the part of a second, the kernel counts in ticks. Milliseconds. */
const LEFT_OUT = 1_000;
const TICKS = 100;

export class Reader {
  readonly #clock: Clock;
  readonly #list: (set: string) => Promise<readonly NftObject[]>;
  readonly #pace: Pace;
  #since = new RefusedSince();
  #listedAt = 0;
  /** The table was put up between these, by the monotonic clock. */
  #born = { from: 0, to: 0 };

  constructor(clock: Clock, list: (set: string) => Promise<readonly NftObject[]>) {
    this.#clock = clock;
    this.#list = list;
    this.#pace = new Pace(clock.monotonic, LONGEST);
  }

  /** A new table stands, put up between `from` and now. */
  begin(from: number): void {
    this.#born = { from, to: this.#clock.monotonic() };
    this.#since = new RefusedSince();
  }

  /** How long it has stood, in milliseconds. */
  get age(): number {
    return this.#clock.monotonic() - this.#born.to;
  }

  /** Rejects where that table does not stand any more. `evenDear`: for the last time. */
  async read({ evenDear = false } = {}): Promise<readonly Refused[]> {
    const asked = this.#clock.monotonic();
    const { packets, left } = totalIn(await this.#list(REFUSED_IN_ALL).catch(takenAway));
    const now = this.#clock.monotonic();
    // A copy, as `nft list ruleset` writes it and a boot loads it, lets in who was allowed then.
    if (!this.#isBorn(left, { asked, now })) throw another("replaced its table by another, or by a copy of it");
    const mayForget = this.#since.remembers && now - this.#listedAt >= LONGEST;
    const isDue = evenDear || this.#pace.isDue;
    if (!isDue || (packets <= this.#since.told && !mayForget)) return [];
    this.#listedAt = now;
    const bySource = await this.#pace.spend(() => this.#list(REFUSED).catch(takenAway));
    return this.#since.take(packets, countedIn(bySource));
  }

  #isBorn(left: number | undefined, { asked, now }: { readonly asked: number; readonly now: number }): boolean {
    if (left === undefined) return false;
    const [least, most] = [LIFE - (now - this.#born.from), LIFE - (asked - this.#born.to)];
    return least - LEFT_OUT - TICKS <= 1_000 * left && 1_000 * left <= most + TICKS;
  }
}

function takenAway(error: unknown): never {
  const isGone = error instanceof EcluseError && error.message.includes("No such file or directory");
  throw isGone ? another("took its table away") : error;
}

function another(did: string): EcluseError {
  return new EcluseError("packet-filter", `another program ${did}`, {
    hint: "see what does so (nft flush ruleset, as a restart of nftables.service does)",
  });
}
