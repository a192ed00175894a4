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
import { Nft } from "../netfilter/nft.ts";
import type { Policy } from "../policy/policy.ts";
import { type Cover, NOTHING, coverOf, widest } from "./cover.ts";
import { type Mark, ownMark } from "./mark.ts";
import { type Refused, RefusedSince, countedIn, packetsIn } from "./refused.ts";
import { REFUSED, REFUSED_IN_ALL, REMOVED, TABLE, difference, emptyTable } from "./script.ts";

/** `off`: nobody asks for it. `down`: it is asked for and does not stand, or should go and may stand still. */
export type ShieldCondition =
  | { readonly state: "off" }
  /** `answer`: what a stranger gets; `drop` only where the kernel knows no other. */
  | { readonly state: "up"; readonly answer: "reset" | "drop" }
  | { readonly state: "down"; readonly message: string; readonly hint: string };

export interface ShieldOptions {
  readonly clock: Clock;
  /** Called for each row of those refused since the last look; must neither throw nor wait. */
  readonly refused: (row: Refused) => void;
  /** Called when the condition changes; must neither throw nor wait. */
  readonly told: (condition: ShieldCondition) => void;
  readonly nft?: Pick<Nft, "apply" | "list">;
  readonly mark?: Mark;
}

/** Longest wait for nft, in milliseconds: who waits to be let in waits for it. */
const PATIENCE = 10_000;
/** The same for a whole table: 100,000 networks take it about a second, and many times that on a machine that is busy. */
const LONG_PATIENCE = 30_000;
/** Milliseconds before something that failed is tried again; doubles up to the second. */
const PAUSE = 10_000;
const LONGEST_PAUSE = 600_000;
/** The wall clock may be set by so much before the ends that the kernel knows are written anew, in milliseconds. */
const CLOCK_SET = 30_000;

export class Shield {
  readonly #clock: Clock;
  readonly #refused: ShieldOptions["refused"];
  readonly #told: ShieldOptions["told"];
  readonly #nft: Pick<Nft, "apply" | "list">;
  readonly #mark: Mark;
  #condition: ShieldCondition = { state: "off" };
  #policy: Policy | undefined;
  /** What the table says. */
  #cover: Cover = NOTHING;
  /** What it is to say once the engine has taken the policy. */
  #target: Cover = NOTHING;
  /** The wall clock, less the monotonic one, when the table was written. */
  #clocks = 0;
  #since = new RefusedSince();
  #pause = PAUSE;
  #nextTry = 0;
  /** Another process keeps the table. */
  #hasLeft = false;
  #working: Promise<void> = Promise.resolve();

  constructor({ clock, refused, told, nft = new Nft(), mark = ownMark() }: ShieldOptions) {
    this.#clock = clock;
    this.#refused = refused;
    this.#told = told;
    this.#nft = nft;
    this.#mark = mark;
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

  /** Tells whom it refused; puts up again what has fallen. To be called every few seconds. Never rejects. */
  look(): Promise<void> {
    return this.#next(() => (this.#condition.state === "up" ? this.#lookAfter() : this.#tryAgain()));
  }

  /** Takes it away: nobody serves here any more. Never rejects. */
  lower(): Promise<void> {
    return this.#next(async () => {
      // Who never asked for it has nothing to take away: the mark may be that of the process to take over from.
      if (this.#policy !== undefined) await this.#remove();
      this.#policy = undefined;
    });
  }

  /** Tells for the last time, and leaves the table to another process, which writes its own in its place. */
  leave(): Promise<void> {
    const left = this.#next(async () => {
      if (this.#condition.state === "up") await this.#count().catch(() => undefined);
    });
    this.#hasLeft = true;
    return left;
  }

  /** That process did not take up its work. */
  comeBack(): Promise<void> {
    this.#hasLeft = false;
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
    const stood = this.#mark.isThere();
    this.#mark.put();
    try {
      const answer = await this.#write(difference(NOTHING, cover, now));
      this.#cover = cover;
      this.#target = cover;
      this.#clocks = now - this.#clock.monotonic();
      this.#since = new RefusedSince();
      this.#pause = PAUSE;
      this.#is({ state: "up", answer });
    } catch (error) {
      await this.#fail(error, stood || error instanceof Late);
    }
  }

  /** Older kernels take no `reject` at this hook (nft_reject.c, nft_reject_validate): they drop. */
  async #write(table: string): Promise<"reset" | "drop"> {
    try {
      await this.#apply(emptyTable("reject with tcp reset") + table, LONG_PATIENCE);
      return "reset";
    } catch (error) {
      if (error instanceof Late || !(await this.#isApplied(emptyTable("drop") + table))) throw error;
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
      await this.#count();
      const drift = this.#clock.wall() - this.#clock.monotonic() - this.#clocks;
      if (Math.abs(drift) > CLOCK_SET && this.#policy !== undefined) await this.#raise(this.#policy);
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #count(): Promise<void> {
    const inAll = packetsIn(await this.#inTime(this.#nft.list("counter", ...TABLE.split(" "), REFUSED_IN_ALL)));
    const bySource = countedIn(await this.#inTime(this.#nft.list("set", ...TABLE.split(" "), REFUSED)));
    for (const row of this.#since.take(inAll, bySource)) this.#refused(row);
  }

  async #tryAgain(): Promise<void> {
    if (this.#condition.state === "off" || this.#clock.monotonic() < this.#nextTry) return;
    if (this.#policy?.shield === true) await this.#raise(this.#policy);
    else await this.#remove();
  }

  async #remove(): Promise<void> {
    if (this.#condition.state === "up") await this.#count().catch(() => undefined);
    try {
      if (this.#mark.isThere()) await this.#apply(REMOVED);
      this.#forget();
      this.#is({ state: "off" });
    } catch (error) {
      this.#isDown(`The shield may stand still, and shut out who is allowed since: ${wordsOf(error)}`, error);
    }
  }

  /** No table lets in more than one that is not as it should be. */
  async #fail(error: unknown, mayStand = true): Promise<void> {
    const isGone = !mayStand || (await this.#isApplied(REMOVED));
    if (isGone) this.#forget();
    const still = isGone ? "" : "; what stands of it may shut out who is allowed";
    this.#isDown(`The shield is down, strangers are refused by the process: ${wordsOf(error)}${still}`, error);
  }

  #forget(): void {
    this.#cover = NOTHING;
    this.#mark.remove();
  }

  #isDown(message: string, error: unknown): void {
    this.#nextTry = this.#clock.monotonic() + this.#pause;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    const hint = error instanceof EcluseError ? error.hint : "see what stands there: sudo nft list ruleset";
    this.#is({ state: "down", message, hint: `${hint}; to take it away: sudo nft delete table ${TABLE}` });
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
  async #inTime<T>(work: Promise<T>, patience = PATIENCE): Promise<T> {
    const late = Promise.withResolvers<never>();
    const stop = this.#clock.every(patience, () => late.reject(new Late(patience)));
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      stop();
    }
  }
}

/** nft has not ended: nobody knows whether it took effect. */
class Late extends EcluseError {
  constructor(patience: number) {
    super("packet-filter", `Cannot program the kernel: nft did not end within ${patience / 1_000} s`, {
      hint: "see what it waits for: ps -C nft",
    });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
