/**
 * What is known of each terminal without asking it: whether the last session, or the last probe, reached it.
 *
 * A terminal that took a connection is up, whatever became of the payment; one that could not be dialled is down. Who was
 * turned away, or left before the dial was over, tells nothing of the terminal.
 */
import type { Probed, SessionRecord } from "../engine/records.ts";

export interface Health {
  readonly state: "up" | "down";
  /** Since when, as far as is known: milliseconds since the epoch. */
  readonly since: number;
  /** When it was last heard of. */
  readonly heard: number;
  readonly by: "session" | "probe";
  /** Why it is down: `ECONNREFUSED`, `connect`; or `mute`: it takes connections and does not answer. */
  readonly cause?: string;
}

/** A few dozen bytes for each flow; none for those never heard of. */
export class HealthBook {
  readonly #flows = new Map<string, Health>();
  readonly #turned: (flow: string, health: Health) => void;

  /** `turned` is called where a terminal is up that was not known to be, or down; not when the same is heard again. */
  constructor(turned: (flow: string, health: Health) => void = () => undefined) {
    this.#turned = turned;
  }

  get(flow: string): Health | undefined {
    return this.#flows.get(flow);
  }

  /** Takes note of a session that has ended. */
  session(record: SessionRecord): void {
    const at = Math.round(record.startedAt + record.duration);
    if (record.outcome === "dial-failed")
      this.#note(record.flow, { state: "down", at, by: "session", ...causeOf(record) });
    // Bytes are counted once the terminal has taken the connection.
    else if (record.bytesToTarget + record.bytesToClient > 0)
      this.#note(record.flow, { state: "up", at, by: "session" });
  }

  /** Takes note of a probe that ended at an instant. */
  probed(flow: string, probed: Probed, at: number): void {
    const { outcome } = probed;
    if (outcome === "reached" || outcome === "answered") this.#note(flow, { state: "up", at, by: "probe" });
    else if (outcome === "failed") this.#note(flow, { state: "down", at, by: "probe", ...causeOf(probed) });
    else if (outcome === "mute") this.#note(flow, { state: "down", at, by: "probe", cause: "mute" });
  }

  /** One that is gone. */
  forget(flow: string): void {
    this.#flows.delete(flow);
  }

  #note(flow: string, { at, ...seen }: Pick<Health, "state" | "by" | "cause"> & { readonly at: number }): void {
    const before = this.#flows.get(flow);
    const isSame = before?.state === seen.state;
    const health = { ...seen, since: isSame ? before.since : at, heard: at };
    this.#flows.set(flow, health);
    if (!isSame) this.#turned(flow, health);
  }
}

function causeOf({ cause }: { readonly cause?: string }): { readonly cause?: string } {
  return cause === undefined ? {} : { cause };
}
