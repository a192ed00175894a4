/** `ecluse events [SELECTOR]`: what happens, as it happens, until it is told to stop; whatever process serves. */
import { setTimeout as passing } from "node:timers/promises";
import { follow } from "../../control/follow.ts";
import { EcluseError } from "../../errors.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { StreamEvent } from "../../observe/stream-events.ts";
import { ask } from "../ask.ts";
import { systemClock } from "../clock.ts";
import type { Invocation, Run } from "../command.ts";
import { controlSocket } from "../control-socket.ts";
import { eventLine } from "../event-line.ts";
import { stopRequests } from "../stop-requests.ts";

/** Before a gateway that ended the stream, or does not answer, is asked again, in milliseconds. */
const PAUSE = 500;

/** Throws `no-gateway` where nobody answers at the start, `no-such-flow` where the selector names none then. */
export const run: Run = async (invocation) => {
  const following = await Following.start(invocation);
  const { first: signal } = stopRequests();
  while (!signal.aborted) {
    await following.toItsEnd(signal);
    // Told to stop while waiting: then there is nothing left to wait for.
    await passing(PAUSE, undefined, { signal }).catch(() => undefined);
  }
  return 0;
};

class Following {
  readonly #invocation: Invocation;
  /** The last event that was printed, or that the answer at the start includes. */
  #after: string;
  /** The selected flows; absent: all. */
  #flows: ReadonlySet<string> | undefined;
  #isAway = false;

  private constructor(invocation: Invocation, after: string) {
    this.#invocation = invocation;
    this.#after = after;
  }

  static async start(invocation: Invocation): Promise<Following> {
    const { events } = await ask(invocation, "overview", { select: invocation.operands[0] });
    const following = new Following(invocation, events);
    await following.#select();
    return following;
  }

  /** Prints what happens until the gateway ends the stream or does not answer; that is told once. */
  async toItsEnd(signal: AbortSignal): Promise<void> {
    try {
      for await (const { id, ...told } of follow(
        controlSocket(this.#invocation),
        "events",
        { after: this.#after },
        { signal },
      )) {
        this.#isAway = false;
        await this.#print(told as StreamEvent);
        this.#after = id;
      }
    } catch (error) {
      if (!(error instanceof EcluseError) || error.code !== "no-gateway") throw error;
      if (!this.#isAway) this.#invocation.io.err(`ecluse: warning: ${escapeControls(error.message)}; trying again\n`);
      this.#isAway = true;
    }
  }

  async #print(told: StreamEvent): Promise<void> {
    if (told.event === "changed" || told.event === "lost") await this.#select();
    else if (told.event !== "shield" && this.#flows?.has(told.data.flow ?? "") === false) return;
    const { options, io } = this.#invocation;
    io.out(`${options["json"] === undefined ? eventLine(told, systemClock.wall()) : JSON.stringify(told)}\n`);
  }

  /** A change may have brought new flows; one that took them all leaves the selection as it was. */
  async #select(): Promise<void> {
    const [select] = this.#invocation.operands;
    if (select === undefined) return;
    try {
      const { flows } = await ask(this.#invocation, "health", { select });
      this.#flows = new Set(flows.map(({ flow }) => flow));
    } catch (error) {
      if (!(error instanceof EcluseError) || error.code !== "no-such-flow") throw error;
    }
  }
}
