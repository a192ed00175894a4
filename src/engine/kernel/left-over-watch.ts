/**
 * The relay's watch for a table of the kernel engine while it serves: the doors that one stands before are told as blocked,
 * and as open once it is gone. Where that cannot be read, they are as they were.
 *
 * It looks by the clock and whenever it is asked to, one look after another. Whether a start is refused is left to
 * `LeftOver.judge`.
 */
import { type Policy, endpointKey } from "../../policy/policy.ts";
import type { Clock, EngineEvents } from "../engine.ts";
import type { BlockedDoor } from "../records.ts";
import type { LeftOver } from "./left-over.ts";

/** How often the relay looks whether a table of the kernel engine stands before its doors, in milliseconds. */
const TABLE_PERIOD = 30_000;

export interface LeftOverWatchOptions {
  readonly clock: Clock;
  readonly leftOver: Pick<LeftOver, "doorsBehind">;
  /** Whose doors they are; absent: there are none yet. */
  readonly policy: () => Policy | undefined;
  /** Whether the doors are the relay's, and this process's to look after; asked before each look. */
  readonly isServing: () => boolean;
  readonly events: Pick<EngineEvents, "blocked" | "unblocked">;
}

export class LeftOverWatch {
  readonly #options: LeftOverWatchOptions;
  readonly #stopLooking: () => void;
  /** Doors that a table of the kernel engine stands before. */
  #behind: readonly BlockedDoor[] = [];
  #looking: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(options: LeftOverWatchOptions) {
    this.#options = options;
    this.#stopLooking = options.clock.every(TABLE_PERIOD, () => this.look());
  }

  /** Looks now, or after the looks under way; tells of what is different then. */
  look(): void {
    const { leftOver, isServing } = this.#options;
    const policy = this.#options.policy();
    if (policy === undefined || this.#isOver || !isServing()) return;
    this.#looking = this.#looking.then(async () => {
      const behind = await leftOver.doorsBehind(policy);
      if (behind !== undefined && !this.#isOver) this.#tell(behind);
    });
  }

  /** The doors that are blocked for another reason, and after them those that a table stands before, each once. */
  joinedTo(blocked: readonly BlockedDoor[]): readonly BlockedDoor[] {
    if (this.#behind.length === 0) return blocked;
    const known = new Set(blocked.map(keyOf));
    return [...blocked, ...this.#behind.filter((door) => !known.has(keyOf(door)) && this.#has(door))];
  }

  /** Looks no more, and tells nothing of a look under way. */
  stop(): void {
    this.#isOver = true;
    this.#stopLooking();
  }

  #tell(behind: readonly BlockedDoor[]): void {
    const { blocked, unblocked } = this.#options.events;
    const [before, now] = [this.#behind, behind].map((doors) => new Set(doors.map(keyOf)));
    const gone = this.#behind.filter((door) => now?.has(keyOf(door)) !== true && this.#has(door));
    this.#behind = behind;
    for (const door of behind) if (before?.has(keyOf(door)) !== true) blocked(door);
    for (const door of gone) unblocked(door);
  }

  /** A door that is gone is not blocked. */
  #has(door: BlockedDoor): boolean {
    return this.#options.policy()?.doors.has(keyOf(door)) === true;
  }
}

function keyOf({ endpoint: { address, port } }: BlockedDoor): number {
  return endpointKey(address, port);
}
