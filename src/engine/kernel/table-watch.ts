/**
 * Looks after the table in the kernel: whom it has refused, whether it stands as it was told, whether another table drops
 * whom it lets through.
 *
 * Beside whatever is told: to look takes a while, and no change waits for it. What is not as it was told is told of before
 * it is put right: should it not be, the doors are told as blocked after it.
 */
import type { Endpoint } from "../../inventory/model.ts";
import { type Policy, endpointKey } from "../../policy/policy.ts";
import type { Clock, EngineEvents } from "../engine.ts";
import { NOTHING_PASSED, Passage, droppingChain } from "./passage.ts";
import { KernelRefusals } from "./refusals.ts";
import type { Rules, Told } from "./table/rules.ts";

/** How often refusals are read, if that is cheap, in milliseconds; and what stood in the way is looked at again. */
const READ = 1_000;
const LOOK = 5_000;
/**
 * How long after the last change all rules are compared with what was told, and how often in any case, in milliseconds. To list
 * them takes nft a third of a second of processor, with 100,000 networks most of a second: too much between two changes.
 */
const SETTLED = 5_000;
const COMPARED = 60_000;

export interface TableWatchOptions {
  readonly clock: Clock;
  readonly rules: Rules;
  readonly events: Pick<EngineEvents, "refused" | "altered">;
  readonly policy: () => Policy | undefined;
  /** Nothing was told yet, or nothing will be any more. */
  readonly isIdle: () => boolean;
  /** Tells the rules again what they were told last. */
  readonly tellAgain: () => Promise<void>;
}

export class TableWatch {
  readonly #options: TableWatchOptions;
  readonly #passage: Passage;
  readonly #refusals: KernelRefusals;
  /** What another table drops, by the terminal's `endpointKey`: by which. */
  readonly #dropped = new Map<number, string>();
  #looking: Promise<void> | undefined;
  #isComparing = false;
  /** On the monotonic clock: all rules, and when they are to be again. */
  #comparedAt = -Infinity;
  #compareAt = -Infinity;

  constructor(options: TableWatchOptions) {
    this.#options = options;
    const { clock, rules, events, policy } = options;
    this.#passage = new Passage(rules);
    this.#refusals = new KernelRefusals({
      ...{ rules, policy, refused: events.refused },
      ...{ wall: clock.wall, monotonic: clock.monotonic },
    });
  }

  /** Looks from now on, until the returned function is called. */
  start(): () => void {
    const { clock } = this.#options;
    const stops = [clock.every(READ, () => void this.#readRefusals()), clock.every(LOOK, () => void this.#look())];
    return () => stops.forEach((stop) => stop());
  }

  /** Everything was made anew: what was counted is gone. */
  replaced(): void {
    this.#refusals.restart();
    this.#passage.restart();
  }

  /** A change was told. It is looked at once nobody has changed anything for a while, or when it is time in any case. */
  changed({ isAsTold = false }: Told): void {
    const now = this.#options.clock.monotonic();
    if (isAsTold) this.#comparedAt = now;
    this.#compareAt = Math.min(isAsTold ? Infinity : now + SETTLED, this.#comparedAt + COMPARED);
  }

  /** Tells of the refusals until now, whatever that costs. Never rejects. */
  async tellRefusals(): Promise<void> {
    await this.#refusals.read().catch(() => false);
  }

  /** Whether another table drops anything. */
  get hasDrops(): boolean {
    return this.#dropped.size > 0;
  }

  /** Why newcomers do not get through to a terminal; absent: nothing is known to drop them. */
  dropsAt({ address, port }: Endpoint): string | undefined {
    return this.#dropped.get(endpointKey(address, port));
  }

  async #readRefusals(): Promise<void> {
    if (this.#options.isIdle()) return;
    // What cannot be read is looked at below soon enough, in another way.
    const isThere = await this.#refusals.look().catch(() => true);
    if (!isThere) await this.#look();
  }

  /** One at a time. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const { isIdle, rules, tellAgain } = this.#options;
    if (isIdle()) return;
    this.#tellAltered(await rules.look());
    await this.#lookForDrops();
    await tellAgain();
    void this.#compare();
  }

  /** The same of all rules. */
  async #compare(): Promise<void> {
    const { clock, isIdle, rules, tellAgain } = this.#options;
    const now = clock.monotonic();
    if (this.#isComparing || isIdle() || now < this.#compareAt) return;
    this.#isComparing = true;
    this.#comparedAt = now;
    this.#compareAt = now + COMPARED;
    const found = await rules.compare().finally(() => (this.#isComparing = false));
    if (found.length === 0 || isIdle()) return;
    this.#tellAltered(found);
    await tellAgain();
  }

  #tellAltered(found: readonly string[]): void {
    if (found.length > 0) this.#options.events.altered(found);
  }

  async #lookForDrops(): Promise<void> {
    const { dropped, through } = await this.#passage.look().catch(() => NOTHING_PASSED);
    for (const terminal of through) this.#dropped.delete(terminal);
    if (dropped.size === 0) return;
    const by = droppingChain(await this.#options.rules.chains()) ?? "another table";
    for (const terminal of dropped) this.#dropped.set(terminal, `dropped-by: ${by}`);
  }
}
