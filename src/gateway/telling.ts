/**
 * What the engine and the shield tell, passed on: to the log, the journal and the counters, to whoever follows, and to what
 * is known of the terminals.
 *
 * Called in the middle of the engine's work: takes note and does no more.
 */
import type { Clock, EngineEvents } from "../engine/engine.ts";
import type { BlockedDoor, InsideSession, Refusal, SessionRecord } from "../engine/records.ts";
import type { Endpoint } from "../inventory/model.ts";
import type { Journal } from "../journal/journal.ts";
import { Counters } from "../observe/counters.ts";
import {
  type GatewayEvent,
  doorEvent,
  refusedEvent,
  sessionEvent,
  tableAlteredEvent,
  unclaimedEvent,
} from "../observe/events.ts";
import { Live } from "../observe/live.ts";
import { RefusalReport } from "../observe/refusal-report.ts";
import type { HealthEvent } from "../observe/stream-events.ts";
import type { Policy } from "../policy/policy.ts";
import { type Health, HealthBook } from "../probe/health.ts";
import type { Refused } from "../shield/refused.ts";
import type { ShieldCondition } from "../shield/shield.ts";
import { shieldEvent, shieldedRefusals } from "./shielded.ts";

export interface TellingOptions {
  readonly clock: Clock;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** Keeps what has happened; must neither throw nor wait. */
  readonly keep?: Pick<Journal, "session" | "refused">;
  /** How often refusals are told while they go on, in milliseconds; default 10,000. */
  readonly refusalPeriod?: number;
}

export class Telling implements EngineEvents {
  /** What goes on, for whoever follows or looks. */
  readonly live: Live;
  /** What sessions and probes have told of the terminals. */
  readonly health: HealthBook;
  readonly counters = new Counters();
  readonly refusals: RefusalReport;
  readonly #tell: TellingOptions["tell"];
  readonly #keep: TellingOptions["keep"];
  #ended = 0;
  #refused = 0;

  constructor({ clock, tell, keep, refusalPeriod }: TellingOptions) {
    const live = new Live(clock);
    this.live = live;
    this.health = new HealthBook((flow, health) => live.health(turned(flow, health)));
    this.#tell = tell;
    this.#keep = keep;
    this.refusals = new RefusalReport({
      clock,
      period: refusalPeriod,
      followed: (rows) => live.refused(rows),
      told: (rows) => {
        for (const row of rows) tell(refusedEvent(row));
        keep?.refused(rows, clock.wall());
      },
    });
  }

  /** How many sessions have ended and how many were refused since this process began. */
  get sums(): { readonly ended: number; readonly refused: number } {
    return { ended: this.#ended, refused: this.#refused };
  }

  readonly began = (session: InsideSession): void => this.live.sessionBegan(session);

  readonly ended = (record: SessionRecord, session: number): void => {
    this.#ended += 1;
    this.counters.ended(record);
    this.#tell(sessionEvent(record));
    this.#keep?.session(record);
    this.live.sessionEnded(record, session);
    this.health.session(record);
  };

  readonly leftLine = (record: SessionRecord, session: number): void => this.live.sessionEnded(record, session);

  readonly refused = (refusal: Refusal, count = 1): void => {
    this.#refused += count;
    this.counters.refused(refusal, count);
    this.refusals.add(count === 1 ? refusal : { ...refusal, count });
  };

  readonly blocked = (door: BlockedDoor): void => {
    this.#tell(doorEvent("blocked", door));
    this.live.door(door, "blocked");
  };

  readonly unblocked = (door: BlockedDoor): void => {
    this.#tell(doorEvent("unblocked", door));
    this.live.door(door, "open");
  };

  readonly unclaimed = (endpoint: Endpoint): void => this.#tell(unclaimedEvent(endpoint));

  readonly altered = (found: readonly string[]): void => this.#tell(tableAlteredEvent(found));

  /** Whom the kernel refused. `policy`: whose doors they knocked at. */
  shielded(row: Refused, policy: Policy | undefined): void {
    const refusals = shieldedRefusals(row, policy);
    this.#refused += row.count;
    this.counters.refused(refusals, row.count);
    this.refusals.add(refusals);
  }

  /** How it is with the kernel's part in refusing, from now on. */
  shield(condition: ShieldCondition): void {
    this.#tell(shieldEvent(condition));
    this.live.shield(condition.state);
  }
}

function turned(flow: string, { state, since, cause }: Health): HealthEvent {
  return { flow, state, since, ...(cause === undefined ? {} : { cause }) };
}
