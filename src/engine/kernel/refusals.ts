/** Whom the kernel has refused, told as if each had been refused here: by whom the policy says it was, and why. */
import type { Ipv4 } from "@ecluse/guard/address";
import { judge } from "../../policy/decide.ts";
import { type Door, type Policy, endpointKey } from "../../policy/policy.ts";
import type { Refusal } from "../records.ts";
import { Pace } from "../../netfilter/pace.ts";
import type { SetElement } from "../../netfilter/netlink/set-message.ts";
import { type Counts, countedSince, countsOf, endpointIn } from "./counted.ts";
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

  /** Tells what is new, unless to read it costs too much to do it so soon again. False: the table is gone. Rejects where it cannot be read. */
  async look(): Promise<boolean> {
    return !this.#pace.isDue || this.read();
  }

  /** The same, whatever it costs. */
  read(): Promise<boolean> {
    return this.#pace.spend(() => this.#read());
  }

  async #read(): Promise<boolean> {
    for (const kind of REFUSALS) {
      const elements = await this.#options.rules.read(kind);
      if (elements === undefined) return false;
      const now = countsOf(elements);
      const since = countedSince(this.#before.get(kind) ?? new Map(), now);
      this.#before.set(kind, now);
      for (const element of since) this.#tell(kind, element);
    }
    return true;
  }

  /** The sets are new, and count from nothing. */
  restart(): void {
    this.#before.clear();
  }

  /** Each is about a source, the address it came to, and the port. */
  #tell(kind: Kind, element: SetElement): void {
    const source = (element.key[0] ?? 0) as Ipv4;
    const endpoint = endpointIn(element, 1);
    const door = this.#options.policy()?.doors.get(endpointKey(endpoint.address, endpoint.port));
    const refusal: Refusal = { flow: door?.flow.id, endpoint, source, ...this.#reasonOf(kind, door, source) };
    this.#options.refused(refusal, element.packets);
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
