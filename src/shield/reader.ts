/**
 * Reads a shield that stands: whether it is still the one that was put up, and whom it has refused since the last look.
 *
 * How many they are in all is cheap to read, and read at each look. Who they were is read when there are more of them, and
 * no more often than it is worth.
 */
import type { Clock } from "../engine/engine.ts";
import { EcluseError } from "../errors.ts";
import type { SetElement } from "../netfilter/netlink/set-message.ts";
import { Pace } from "../netfilter/pace.ts";
import { type Refused, RefusedSince, countedIn, totalIn } from "./refused.ts";
import { LIFE, REFUSED, REFUSED_IN_ALL } from "./script.ts";

/** Milliseconds after which who they were is read again, whatever it took; and while the set has something to forget. */
const LONGEST = 10_000;
/** The kernel counts in ticks, the slowest of ten milliseconds, and rounds. */
const TICKS = 100;

/** Of a set of the shield's table; `undefined`: it is not there. */
export type ReadSet = (set: string) => Promise<readonly SetElement[] | undefined>;

export class Reader {
  readonly #clock: Clock;
  readonly #readSet: ReadSet;
  readonly #pace: Pace;
  #since = new RefusedSince();
  #listedAt = 0;
  /** The table was put up between these, by the monotonic clock. */
  #born = { from: 0, to: 0 };

  constructor(clock: Clock, readSet: ReadSet) {
    this.#clock = clock;
    this.#readSet = readSet;
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
    const { packets, left } = totalIn(await this.#elements(REFUSED_IN_ALL));
    const now = this.#clock.monotonic();
    // A copy, as `nft list ruleset` writes it and a boot loads it, lets in who was allowed then.
    if (!this.#isBorn(left, { asked, now })) throw another("replaced its table by another, or by a copy of it");
    const mayForget = this.#since.remembers && now - this.#listedAt >= LONGEST;
    const isDue = evenDear || this.#pace.isDue;
    if (!isDue || (packets <= this.#since.told && !mayForget)) return [];
    this.#listedAt = now;
    const bySource = await this.#pace.spend(() => this.#elements(REFUSED));
    return this.#since.take(packets, countedIn(bySource));
  }

  async #elements(set: string): Promise<readonly SetElement[]> {
    const elements = await this.#readSet(set);
    if (elements === undefined) throw another("took its table away");
    return elements;
  }

  #isBorn(left: number | undefined, { asked, now }: { readonly asked: number; readonly now: number }): boolean {
    if (left === undefined) return false;
    const [least, most] = [LIFE - (now - this.#born.from), LIFE - (asked - this.#born.to)];
    return least - TICKS <= left && left <= most + TICKS;
  }
}

function another(did: string): EcluseError {
  return new EcluseError("packet-filter", `another program ${did}`, {
    hint: "see what does so (nft flush ruleset, as a restart of nftables.service does)",
  });
}
