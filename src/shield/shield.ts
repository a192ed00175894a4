/**
 * The shield: a table of the kernel's packet filter that refuses strangers before this process hears of them.
 *
 * Promises only ever to narrow, and never to shut out whom the policy lets in: it opens before the engine does and closes
 * after it, the process judges everyone all the same, and whatever goes wrong with the table ends in no table, told once
 * and tried again. Whom it refused it tells at each look, added up. Without the right to program the kernel there is no
 * shield, and nothing else is different.
 *
 * Leaves to others when to look, and what is done with what it tells. Why it is built so: docs/decisions/shield.md.
 */
import type { Clock } from "../engine/engine.ts";
import { EcluseError } from "../errors.ts";
import { Sets } from "../netfilter/netlink/sets.ts";
import { Nft } from "../netfilter/nft.ts";
import type { Policy } from "../policy/policy.ts";
import { type Cover, NOTHING, coverOf, widest } from "./cover.ts";
import { type Mark, ownMark } from "./mark.ts";
import { Reader } from "./reader.ts";
import type { Refused } from "./refused.ts";
import { LIFE, NAME, REMOVED, TABLE, difference, emptyTable } from "./script.ts";

/**
 * `off`: nobody asks for it. `down`: it is asked for and does not stand: the process refuses. `stuck`: it may stand, and
 * cannot be changed nor taken away: whoever is allowed since may be shut out.
 */
export type ShieldCondition =
  | { readonly state: "off" }
  /** `answer`: what a stranger gets; `drop` only where the kernel knows no other. */
  | { readonly state: "up"; readonly answer: "reset" | "drop" }
  | { readonly state: "down" | "stuck"; readonly message: string; readonly hint: string };

export interface ShieldOptions {
  readonly clock: Clock;
  /** Called for each row of those refused since the last look; must neither throw nor wait. */
  readonly refused: (row: Refused) => void;
  /** Called when the condition changes; must neither throw nor wait. */
  readonly told: (condition: ShieldCondition) => void;
  readonly nft?: Pick<Nft, "apply">;
  readonly sets?: Pick<Sets, "read" | "close">;
  readonly mark?: Mark;
}

/** Longest wait for nft, in milliseconds: who waits to be let in waits for it. */
const PATIENCE = 10_000;
/** The same for a whole table: 100,000 networks take it about a second, and many times that on a machine that is busy. */
const LONG_PATIENCE = 30_000;
/**
 * Milliseconds before something that failed is tried again; doubles up to the second, unless it may shut somebody out. What
 * had stood for longer than the first is put up again at once.
 */
const PAUSE = 10_000;
const LONGEST_PAUSE = 600_000;
/** The wall clock may be set by so much before the ends that the kernel knows are written anew, in milliseconds. */
const CLOCK_SET = 30_000;

export class Shield {
  readonly #clock: Clock;
  readonly #refused: ShieldOptions["refused"];
  readonly #told: ShieldOptions["told"];
  readonly #nft: Pick<Nft, "apply">;
  readonly #sets: Pick<Sets, "read" | "close">;
  readonly #mark: Mark;
  #condition: ShieldCondition = { state: "off" };
  #policy: Policy | undefined;
  /** What the table says. */
  #cover: Cover = NOTHING;
  /** What it is to say once the engine has taken the policy. */
  #target: Cover = NOTHING;
  /** The wall clock, less the monotonic one, when the table was written. */
  #clocks = 0;
  readonly #reader: Reader;
  #pause = PAUSE;
  #nextTry = 0;
  /** Another process keeps the table. */
  #hasLeft = false;
  /** Nobody serves here any more. */
  #isOver = false;
  #looking: Promise<void> | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor({ clock, refused, told, nft = new Nft(), sets = new Sets(), mark = ownMark() }: ShieldOptions) {
    this.#clock = clock;
    this.#refused = refused;
    this.#told = told;
    this.#nft = nft;
    this.#mark = mark;
    this.#sets = sets;
    this.#reader = new Reader(clock, (set) => sets.read(NAME, set));
  }

  get condition(): ShieldCondition {
    return this.#condition;
  }

  /** Before the engine is told a policy: lets in whom the one before lets in, and whom this one does. Never rejects. */
  widen(policy: Policy): Promise<void> {
    return this.#next(() => {
      this.#policy = policy;
      if (policy.shield !== true) return this.#remove();
      if (this.#condition.state === "up") {
        this.#target = this.#coverOf(policy);
        return this.#become(widest(this.#cover, this.#target));
      }
      // What failed is tried again at a look: who waits for this change need not wait for nft, too.
      return this.#condition.state === "off" ? this.#raise(policy) : Promise.resolve();
    });
  }

  /** After the engine has taken that policy: lets in whom it lets in, and nobody else. Never rejects. */
  narrow(): Promise<void> {
    return this.#next(async () => {
      if (this.#condition.state === "up") await this.#become(this.#target);
    });
  }

  /** Tells whom it refused; puts up again what has fallen. To be called every second; one at a time. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#next(async () => {
      if (this.#condition.state === "up") await this.#lookAfter();
      await this.#tryAgain();
    }).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Takes it away: nobody serves here any more. Never rejects. */
  lower(): Promise<void> {
    this.#isOver = true;
    return this.#next(async () => {
      // Who never asked for it has nothing to take away: the mark may be that of the process to take over from.
      if (this.#policy !== undefined) await this.#remove();
      this.#policy = undefined;
    });
  }

  /** Tells for the last time, and leaves the table to another process, which writes its own in its place. */
  leave(): Promise<void> {
    const left = this.#next(async () => {
      if (this.#condition.state === "up") await this.#tellTheLast();
      this.#sets.close();
    });
    this.#hasLeft = true;
    return left;
  }

  /** That process did not take up its work. */
  comeBack(): Promise<void> {
    this.#hasLeft = false;
    // It may be this one's end that ended the other.
    if (this.#isOver) return this.lower();
    return this.#next(async () => {
      if (this.#condition.state === "up" && this.#policy !== undefined) await this.#raise(this.#policy);
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    if (this.#hasLeft) return Promise.resolve();
    this.#working = this.#working.then(work);
    return this.#working;
  }

  #coverOf(policy: Policy): Cover {
    return coverOf(policy, this.#clock.wall());
  }

  /** The whole table, in place of whatever stands there. */
  async #raise(policy: Policy): Promise<void> {
    const cover = this.#coverOf(policy);
    const now = this.#clock.wall();
    let mayStand = this.#mark.isThere();
    this.#mark.put();
    const began = this.#clock.monotonic();
    try {
      const answer = await this.#write(difference(NOTHING, cover, now));
      mayStand = true;
      this.#cover = cover;
      this.#target = cover;
      this.#clocks = now - this.#clock.monotonic();
      this.#reader.begin(began);
      // A table that cannot be read would refuse without a word.
      await this.#tell();
      this.#pause = PAUSE;
      this.#is({ state: "up", answer });
    } catch (error) {
      await this.#fail(error, mayStand || error instanceof Late);
    }
  }

  /** Older kernels take no `reject` at this hook (nft_reject.c, nft_reject_validate): they drop. */
  async #write(table: string): Promise<"reset" | "drop"> {
    try {
      await this.#apply(emptyTable("reject with tcp reset") + table, LONG_PATIENCE);
      return "reset";
    } catch (error) {
      if (error instanceof Late) throw error;
      await this.#apply(emptyTable("drop") + table, LONG_PATIENCE).catch((again: unknown) => {
        throw again instanceof Late ? again : error;
      });
      return "drop";
    }
  }

  async #become(cover: Cover): Promise<void> {
    const script = difference(this.#cover, cover, this.#clock.wall());
    try {
      if (script !== "") await this.#apply(script);
      this.#cover = cover;
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #lookAfter(): Promise<void> {
    try {
      await this.#tell();
      const drift = this.#clock.wall() - this.#clock.monotonic() - this.#clocks;
      const isStale = Math.abs(drift) > CLOCK_SET || this.#reader.age > LIFE / 2;
      if (isStale && this.#policy !== undefined) await this.#raise(this.#policy);
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #tell(): Promise<void> {
    for (const row of await this.#reader.read()) this.#refused(row);
  }

  async #tellTheLast(): Promise<void> {
    const rows = await this.#reader.read({ evenDear: true }).catch(() => []);
    for (const row of rows) this.#refused(row);
  }

  async #tryAgain(): Promise<void> {
    const { state } = this.#condition;
    if (state === "off" || state === "up" || this.#clock.monotonic() < this.#nextTry) return;
    if (this.#policy?.shield === true) await this.#raise(this.#policy);
    else await this.#remove();
  }

  async #remove(): Promise<void> {
    if (this.#condition.state === "up") await this.#tellTheLast();
    this.#sets.close();
    try {
      if (this.#mark.isThere()) await this.#apply(REMOVED);
      this.#forget();
      this.#is({ state: "off" });
    } catch (error) {
      const message = `The shield may stand still, and shut out who is allowed since: ${wordsOf(error)}`;
      this.#fallen({ state: "stuck", message, error });
    }
  }

  /** No table lets in more than one that is not as it should be. */
  async #fail(error: unknown, mayStand = true): Promise<void> {
    this.#sets.close();
    const isGone = !mayStand || (await this.#isApplied(REMOVED));
    if (isGone) this.#forget();
    const still = isGone ? "" : "; what stands of it may shut out who is allowed";
    const message = `The shield is down, strangers are refused by the process: ${wordsOf(error)}${still}`;
    this.#fallen({ state: isGone ? "down" : "stuck", message, error });
  }

  #forget(): void {
    this.#cover = NOTHING;
    this.#mark.remove();
  }

  #fallen({ state, message, error }: Fallen): void {
    const hadStood = this.#condition.state === "up" && this.#reader.age > PAUSE;
    const hint = error instanceof EcluseError ? error.hint : "see what stands there: sudo nft list ruleset";
    if (state === "stuck") {
      this.#nextTry = this.#clock.monotonic() + PAUSE;
      this.#is({ state, message, hint: `${hint}; to take it away: sudo nft delete table ${TABLE}` });
      return;
    }
    this.#nextTry = this.#clock.monotonic() + (hadStood ? 0 : this.#pause);
    if (!hadStood) this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    this.#is({ state, message, hint });
  }

  #is(condition: ShieldCondition): void {
    const isNew = JSON.stringify(condition) !== JSON.stringify(this.#condition);
    this.#condition = condition;
    if (isNew) this.#told(condition);
  }

  #isApplied(script: string): Promise<boolean> {
    return this.#apply(script).then(
      () => true,
      () => false,
    );
  }

  #apply(script: string, patience = PATIENCE): Promise<void> {
    return this.#inTime(this.#nft.apply(script), patience);
  }

  /** Not for ever: a change waits for it. */
  async #inTime<T>(work: Promise<T>, patience: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    const stop = this.#clock.every(patience, () => late.reject(new Late(patience)));
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      stop();
    }
  }
}

interface Fallen {
  readonly state: "down" | "stuck";
  readonly message: string;
  readonly error: unknown;
}

/** Nobody knows whether it took effect. `patience` in milliseconds. */
class Late extends EcluseError {
  constructor(patience: number) {
    const message = `Cannot program the kernel: nft did not end within ${patience / 1_000} s`;
    super("packet-filter", message, { hint: "see what it waits for: ps -C nft" });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
