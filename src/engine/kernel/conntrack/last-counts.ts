/**
 * Sessions that are over and whose bytes the host counts: conntrack says how many only in a list, or when it drops the
 * entry some two minutes later. Their records wait for the next list; whom it does not show goes without.
 */
import type { SessionRecord } from "../../records.ts";
import { type Bytes, type ConntrackEntry, isSame } from "./conntrack-entry.ts";

/** The host does not count bytes (net.netfilter.nf_conntrack_acct is off), or the last count was missed. */
export const NOT_COUNTED = "bytes-not-counted";

export interface Ended {
  /** The last that was heard of it. */
  readonly entry: ConntrackEntry;
  readonly record: SessionRecord;
  /** Its number. */
  readonly session: number;
}

export class LastCounts {
  readonly #tell: (ended: Ended) => void;
  readonly #waiting = new Map<number, Ended>();

  constructor(tell: (ended: Ended) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get ids(): ReadonlySet<number> {
    return new Set(this.#waiting.keys());
  }

  wait(ended: Ended): void {
    const { id } = ended.entry;
    this.giveUp([id]);
    this.#waiting.set(id, ended);
  }

  /** Whether it was one of these that this told of. */
  hear(entry: ConntrackEntry): boolean {
    const { id, what, bytes } = entry;
    const ended = what === "NEW" ? undefined : this.#waiting.get(id);
    if (ended === undefined || !isSame(ended.entry, entry)) return false;
    if (bytes === undefined) return true;
    this.#waiting.delete(id);
    this.#tell({ ...ended, record: counted(ended.record, bytes) });
    return true;
  }

  giveUp(ids: Iterable<number>): void {
    for (const id of ids) {
      const ended = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (ended !== undefined) this.#tell(ended);
    }
  }
}

export function counted({ cause, ...record }: SessionRecord, { toTarget, toClient }: Bytes): SessionRecord {
  const why = cause === NOT_COUNTED || cause === undefined ? {} : { cause };
  return { ...record, ...why, bytesToTarget: toTarget, bytesToClient: toClient };
}
