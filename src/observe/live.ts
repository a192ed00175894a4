/**
 * What a gateway tells of the present: events for whoever follows, and the last of what happened for whoever looks.
 *
 * Told of everything as it happens, in the middle of the relay's work: takes note of it and does no more.
 */
import type { BlockedDoor, InsideSession, SessionRecord } from "../engine/records.ts";
import type { Clock } from "../engine/engine.ts";
import { newEpoch } from "./event-id.ts";
import { EventStream } from "./event-stream.ts";
import { RecentRefusals } from "./recent-refusals.ts";
import { RecentSessions } from "./recent-sessions.ts";
import { mostFrequent } from "./refusal-burst.ts";
import type { TalliedRefusal } from "./refusals.ts";
import {
  type ChangedEvent,
  type HealthEvent,
  type ShieldNow,
  begunEvent,
  doorNow,
  endedEvent,
  refusedNow,
} from "./stream-events.ts";

/** Of a change's words, in characters. */
const LONGEST_DETAIL = 500;

export class Live {
  readonly stream: EventStream;
  readonly refusals = new RecentRefusals();
  readonly ended = new RecentSessions();
  readonly #clock: Clock;

  constructor(clock: Clock, stream = new EventStream({ clock, epoch: newEpoch() })) {
    this.#clock = clock;
    this.stream = stream;
  }

  sessionBegan(session: InsideSession): void {
    this.stream.tell({ event: "began", data: begunEvent(session) });
  }

  sessionEnded(record: SessionRecord, session: number): void {
    const data = endedEvent(record, session);
    this.stream.tell({ event: "ended", data });
    this.ended.add(data);
  }

  /** What a burst took. */
  refused(rows: readonly TalliedRefusal[]): void {
    const at = this.#clock.wall();
    for (const row of mostFrequent(rows)) {
      const data = refusedNow(row, at);
      this.stream.tell({ event: "refused", data });
      this.refusals.add(data);
    }
  }

  /** An operation names its flows, and there may be thousands: the whole of it stands in the journal. */
  changed(change: ChangedEvent): void {
    this.stream.tell({ event: "changed", data: { ...change, detail: shortened(change.detail) } });
  }

  health(data: HealthEvent): void {
    this.stream.tell({ event: "health", data });
  }

  shield(state: ShieldNow["state"]): void {
    this.stream.tell({ event: "shield", data: { state } });
  }

  door(door: BlockedDoor, state: "blocked" | "open"): void {
    this.stream.tell({ event: "door", data: doorNow(door, state) });
  }
}

function shortened(text: string): string {
  return text.length <= LONGEST_DETAIL ? text : `${text.slice(0, LONGEST_DETAIL)}...`;
}
