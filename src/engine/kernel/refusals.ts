/** Whom the kernel has refused, told as if each had been refused here: by whom the policy says it was, and why. */
import type { Ipv4 } from "@ecluse/guard/address";
import { judge } from "../../policy/decide.ts";
import { type Door, type Policy, endpointKey } from "../../policy/policy.ts";
import type { Refusal } from "../records.ts";
import { Pace } from "../../netfilter/pace.ts";
import { type Counts, countedSince, countsOf, knockOf } from "./counted.ts";
import type { Rules } from "./table/rules.ts";
import { REFUSALS } from "./table/table-text.ts";

type Kind = (typeof REFUSALS)[number];

export interface RefusalsOptions {
  readonly rules: Pick<Rules, "read">;
  readonly policy: () => Policy | undefined;
  readonly wall: () => number;
  readonly monotonic: () => number;
  readonly refused: (refusal: Refusal, count: number) => void;
}

/** Milliseconds: well before a set forgets what it has counted. */
const LONGEST = 30_000;

export class KernelRefusals {
  readonly #options: RefusalsOptions;
  readonly #before = new Map<Kind, Counts>();
  readonly #pace: Pace;

  constructor(options: RefusalsOptions) {
    this.#options = options;
    this.#pace = new Pace(options.monotonic, LONGEST);
  }

  /** Tells what is new, unless to read it costs too much to do it so soon again. False: the table is gone. */
  async look(): Promise<boolean> {
    return !this.#pace.isDue || this.read();
  }

  /** Tells what is new. False: there is nothing to read, so the table is gone. */
  read(): Promise<boolean> {
    return this.#pace.spend(() => this.#read());
  }

  async #read(): Promise<boolean> {
    for (const kind of REFUSALS) {
      const listing = await this.#options.rules.read(kind);
      if (listing === undefined) return false;
      const now = countsOf(listing);
      const since = countedSince(this.#before.get(kind) ?? new Map<string, number>(), now);
      this.#before.set(kind, now);
      for (const [key, count] of since) this.#tell(kind, key, count);
    }
    return true;
  }

  /** The sets are new, and count from nothing. */
  restart(): void {
    this.#before.clear();
  }

  #tell(kind: Kind, key: string, count: number): void {
    const knock = knockOf(key);
    if (knock === undefined) return;
    const { endpoint, source } = knock;
    const door = this.#options.policy()?.doors.get(endpointKey(endpoint.address, endpoint.port));
    const refusal: Refusal = { flow: door?.flow.id, endpoint, source, ...this.#reasonOf(kind, door, source) };
    this.#options.refused(refusal, count);
  }

  #reasonOf(kind: Kind, door: Door | undefined, source: Ipv4): Pick<Refusal, "outcome" | "reason"> {
    if (kind === "crowded") return { outcome: "busy", reason: "terminal" };
    if (kind === "over_source") return { outcome: "overload", reason: "source" };
    if (kind === "over_sessions") return { outcome: "overload", reason: "sessions" };
    if (door === undefined) return { outcome: "denied", reason: "no-door" };
    const verdict = judge(door.flow, source, this.#options.wall());
    // Let in since: it was not when it knocked.
    return { outcome: "denied", reason: verdict.permit ? "not-listed" : verdict.reason };
  }
}
