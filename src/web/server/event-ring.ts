/**
 * The last events of the gateway, as they came: what a page that was away for a moment has missed.
 *
 * Bounded in number and in bytes. It knows from where on it has everything, so that it never passes a gap for nothing.
 */
import { type EventId, parseEventId } from "./event-id.ts";

/** Five seconds of a thousand events each, or 2 MB. */
const MOST_EVENTS = 5_000;
const MOST_CHARACTERS = 2_000_000;

/** One event as text, with its empty line. */
export interface RingEvent {
  readonly id: EventId | undefined;
  readonly text: string;
  /** It says where the stream stands, and nothing else. */
  readonly isPlace?: boolean;
}

export class EventRing {
  #events: RingEvent[] = [];
  #characters = 0;
  /** Everything after this one is here; `undefined`: nothing is known. */
  #floor: EventId | undefined;

  /** Begins anew, after this event. */
  reset(after: EventId | undefined): void {
    this.#events = [];
    this.#characters = 0;
    this.#floor = after;
  }

  add(event: RingEvent): void {
    const { id, text, isPlace = false } = event;
    // Without an id there is nothing to go on from: it concerns those who listen now.
    if (id === undefined) return;
    if (isPlace) {
      this.#stand(id);
      return;
    }
    if (this.#floor?.epoch !== id.epoch) this.reset({ epoch: id.epoch, number: id.number - 1 });
    this.#events.push(event);
    this.#characters += text.length;
    if (this.#events.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS) this.#forget();
  }

  /**
   * What came after an event; `undefined`: that is not known here any more, or it is another process's. An event that is
   * still on its way to here has nothing after it.
   */
  after(id: EventId): readonly RingEvent[] | undefined {
    const floor = this.#floor;
    if (floor?.epoch !== id.epoch || id.number < floor.number) return undefined;
    return this.#events.filter((event) => event.id !== undefined && event.id.number > id.number);
  }

  /** The last event's, or where it begins. */
  get last(): EventId | undefined {
    return this.#events.at(-1)?.id ?? this.#floor;
  }

  /** A stream that begins where this one ends goes on; any other begins anew. */
  #stand(at: EventId): void {
    const { last } = this;
    if (last?.epoch !== at.epoch || last.number !== at.number) this.reset(at);
  }

  /** A quarter at once: not the whole list for each event. */
  #forget(): void {
    const forgotten = this.#events.splice(0, Math.ceil(this.#events.length / 4));
    this.#floor = forgotten.at(-1)?.id;
    this.#characters -= forgotten.reduce((sum, { text }) => sum + text.length, 0);
  }
}

/** Whole events of a text/event-stream, and what is left of one that has not ended yet. */
export function splitEvents(text: string): { readonly events: readonly RingEvent[]; readonly rest: string } {
  const parts = text.split("\n\n");
  const rest = parts.pop() ?? "";
  return { events: parts.map(eventOf), rest };
}

function eventOf(part: string): RingEvent {
  const id = parseEventId(/^id: ?(.+)$/m.exec(part)?.[1]);
  return { id, text: `${part}\n\n`, isPlace: !/^data:/m.test(part) };
}
