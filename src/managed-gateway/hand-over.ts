/**
 * Handing over to another process of the program, which gets the doors; sessions inside stay in this one to their end.
 *
 * Promises that nothing has changed where that process does not take up its work, and that one of the two decides, counts
 * and keeps records at any time. What only one of them may have besides, whoever owns it lets go of, and takes again. How
 * one process takes over from another: docs/decisions/take-over.md.
 */
import type { TakeOverAnswer } from "../answers/take-over.ts";
import type { Changes } from "../change/changes.ts";
import type { HandedOver } from "../engine/handover.ts";
import { EcluseError } from "../errors.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Records } from "../journal/records.ts";
import type { GatewayEvent } from "../observe/events.ts";
import type { Settings } from "../take-over/messages.ts";
import { type Program, Successor, type SuccessorOptions } from "../take-over/successor.ts";
import type { DashboardProcess } from "../web/dashboard-process.ts";

export interface HandOverOptions {
  readonly gateway: Gateway;
  readonly changes: Changes;
  readonly records: Records;
  readonly dashboard: DashboardProcess | undefined;
  /** How this program was called; called so again, it takes over. */
  readonly program: Program;
  /** What that process is to serve with. */
  readonly settings: () => Settings;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** Called once that process serves. */
  readonly left: () => void;
  /** Called where it was let in and did not take up its work, unless this one stops. */
  readonly cameBack: () => Promise<void>;
}

export class HandOver {
  readonly #options: HandOverOptions;
  readonly #finished = Promise.withResolvers<{ readonly cut: number }>();
  /** Ends a hand-over under way. */
  readonly #stopping = new AbortController();
  #isUnderWay = false;
  #isDone = false;

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  /** Whether another process may be counting: then no metrics can be told here. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Whether another process has taken over. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Resolves when another process has taken over and the last session left here has ended. */
  get finished(): Promise<{ readonly cut: number }> {
    return this.#finished.promise;
  }

  /** Ends one under way: this process stops. */
  abandon(): void {
    this.#stopping.abort();
  }

  /** Starts the program anew and hands over to it; where that fails, nothing has changed. */
  begin(author: string, within: number): Promise<TakeOverAnswer> {
    const { tell, gateway, changes, dashboard } = this.#options;
    if (!gateway.canHandOver) return Promise.reject(keptByTheKernel());
    const settings = this.#options.settings();
    return changes
      .passOn(async (lock) => this.#to(await this.#start({ settings, lock, author, within })))
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) dashboard?.serve();
        if (error instanceof EcluseError) tell({ event: "not-handed-over", message: error.message, hint: error.hint });
        throw error;
      });
  }

  async #start(told: Omit<SuccessorOptions, "program" | "signal">): Promise<Successor> {
    const { program, dashboard } = this.#options;
    const { signal } = this.#stopping;
    // Its port is the successor's to serve on. Not later: whoever enters then waits.
    await dashboard?.[Symbol.asyncDispose]();
    return Successor.start({ ...told, program, signal });
  }

  async #to(successor: Successor): Promise<TakeOverAnswer> {
    const { gateway, records } = this.#options;
    await gateway.leaveShield();
    const handed = gateway.handOver((report) => successor.report(report));
    // What happens from here on, the other process counts.
    const { counters } = gateway;
    this.#isUnderWay = true;
    try {
      await records.close();
      await successor.handOver({ sessions: handed.sessions, counters }, (order) => handed.obey(order));
    } catch (error) {
      await successor.end();
      await this.#resume(handed);
      throw error;
    }
    this.#leave(handed, successor);
    const [to, sessions] = [successor.pid, handed.sessions.length];
    this.#options.tell({ event: "handed-over", to, sessions });
    return { from: process.pid, to, version: successor.version, sessions };
  }

  #leave(handed: HandedOver, successor: Successor): void {
    handed.close();
    this.#isDone = true;
    void successor.gone.then(() => this.#leftAlone(handed));
    this.#options.left();
    void handed.finished.then(async (finished) => {
      await successor.release();
      this.#finished.resolve(finished);
    });
  }

  /** What ends here from now on, nobody else keeps. */
  #leftAlone(handed: HandedOver): void {
    handed.alone();
    if (this.#options.gateway.sessions > 0) this.#options.records.open();
  }

  async #resume(handed: HandedOver): Promise<void> {
    const { gateway, records, cameBack } = this.#options;
    handed.resume();
    await gateway.comeBackToShield();
    this.#isUnderWay = false;
    records.open();
    if (!this.#stopping.signal.aborted) await cameBack();
  }
}

function keptByTheKernel(): EcluseError {
  return new EcluseError("not-taken-over", "Cannot hand over: the kernel carries the sessions, and no process does", {
    hint: "serve with --keep-rules and start it again: doors and sessions stay meanwhile",
  });
}
