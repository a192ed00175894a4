/**
 * The gateway's events, handed to every open page: three pages cost the relay what one costs.
 *
 * A page that was away resumes after the last event it has (`Last-Event-ID`, or `?after=`) where the ring still knows what
 * followed; else it is told `lost`, and fetches the overview again. One that does not read is cut, and may come back.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../engine/engine.ts";
import { type EventId, parseEventId } from "./event-id.ts";
import { EventRing, type RingEvent } from "./event-ring.ts";
import type { GatewaySocket } from "./gateway.ts";
import { followEvents } from "./gateway-events.ts";
import { STRICT_HEADERS } from "./headers.ts";
import { Problem } from "./problem.ts";

/** Pages open at once. */
const MOST_PAGES = 32;

/** What may wait for a page that does not read, in bytes: more than the ring, which it may have to be given at once. */
const MOST_UNREAD = 4_000_000;

/** Between two signs of life, in milliseconds. */
const HEARTBEAT = 15_000;

/** The subscription outlives the last page so long, in milliseconds: a page that is loaded anew misses nothing. */
const LINGER = 30_000;

export interface EventPagesOptions {
  readonly gateway: GatewaySocket;
  readonly clock: Clock;
}

/** How long a browser waits before it comes again, in milliseconds; and it sees at once that the connection stands. */
const BEGINNING = "retry: 1000\n";

/** A request for events. */
export interface Opening {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Asked at each heartbeat: whoever has logged out hears no more. */
  readonly mayListen: () => Promise<boolean>;
}

interface Page extends Pick<Opening, "response" | "mayListen"> {
  /** What it knows already of what is still on its way to here. */
  readonly known: EventId | undefined;
}

export class EventPages implements Disposable {
  readonly #options: EventPagesOptions;
  readonly #ring = new EventRing();
  readonly #pages = new Set<Page>();
  #subscription: AbortController | undefined;
  #isGone = false;
  #stopLingering: (() => void) | undefined;
  readonly #stopBeating: () => void;

  constructor(options: EventPagesOptions) {
    this.#options = options;
    this.#stopBeating = options.clock.every(HEARTBEAT, () => void this.#beat());
  }

  /** Answers until the page leaves. Throws `too-many`. */
  open({ request, response, mayListen }: Opening): void {
    // Gone while its login was looked for: it closes no second time.
    if (response.destroyed) return;
    if (this.#pages.size >= MOST_PAGES) {
      throw new Problem(503, "too-many", `Cannot open another page: ${MOST_PAGES} are open`, { hint: "close some" });
    }
    const after = afterOf(request);
    response.writeHead(200, { ...STRICT_HEADERS, "content-type": "text/event-stream", connection: "close" });
    const page = { response, mayListen, known: parseEventId(after) };
    response.once("close", () => this.#left(page));
    this.#subscribe(after);
    response.write(this.#missedSince(after));
    this.#pages.add(page);
  }

  [Symbol.dispose](): void {
    this.#stopBeating();
    this.#unsubscribe();
    for (const { response } of this.#pages) response.end();
    this.#pages.clear();
  }

  /** What a page hears first. Events after `after` that are still on their way to here will come. */
  #missedSince(after: string | undefined): string {
    const id = parseEventId(after);
    const missed = id === undefined ? undefined : this.#ring.after(id);
    const gone = this.#isGone ? gatewayEvent("gone") : "";
    if (missed !== undefined) return `${BEGINNING}\n${textOf(missed)}${gone}`;
    const place = lastOf(this.#ring);
    const begins = `${BEGINNING}${place === undefined ? "" : `id: ${place}\n`}`;
    return `${begins}${after === undefined ? "" : "event: lost\ndata: {}\n"}\n${gone}`;
  }

  /** The first page's place is where the ring begins. */
  #subscribe(after: string | undefined): void {
    this.#stopLingering?.();
    this.#stopLingering = undefined;
    if (this.#subscription !== undefined) return;
    const subscription = new AbortController();
    this.#subscription = subscription;
    this.#ring.reset(parseEventId(after));
    void followEvents({
      gateway: this.#options.gateway,
      after: () => lastOf(this.#ring),
      heard: (events) => this.#heard(events),
      changed: (state) => this.#changed(state),
      signal: subscription.signal,
    });
  }

  #unsubscribe(): void {
    this.#stopLingering?.();
    this.#stopLingering = undefined;
    this.#subscription?.abort();
    this.#subscription = undefined;
    this.#isGone = false;
  }

  #left(page: Page): void {
    if (!this.#pages.delete(page) || this.#pages.size > 0) return;
    this.#stopLingering = this.#options.clock.every(LINGER, () => this.#unsubscribe());
  }

  /** One that does not read closes late: it is told nothing after its end. */
  #end(page: Page): void {
    page.response.end();
    this.#left(page);
  }

  #heard(events: readonly RingEvent[]): void {
    for (const event of events) this.#ring.add(event);
    const text = textOf(events);
    for (const page of this.#pages) tell(page, isNews(events, page) ? text : textOf(events.filter(isNewTo(page))));
  }

  #changed(state: "gone" | "back"): void {
    this.#isGone = state === "gone";
    for (const page of this.#pages) tell(page, gatewayEvent(state));
  }

  async #beat(): Promise<void> {
    for (const page of [...this.#pages]) {
      const mayListen = await page.mayListen().catch(() => false);
      if (!this.#pages.has(page)) continue;
      if (mayListen) page.response.write(": alive\n\n");
      else this.#end(page);
    }
  }
}

function tell({ response }: Page, text: string): void {
  if (response.writableLength > MOST_UNREAD) response.destroy();
  else if (text !== "") response.write(text);
}

/** Whether a page knows none of them: true of all but those that have just come, and cheap to see. */
function isNews([first]: readonly RingEvent[], page: Page): boolean {
  return first === undefined || isNewTo(page)(first);
}

function isNewTo({ known }: Page): (event: RingEvent) => boolean {
  return ({ id }) => id === undefined || id.epoch !== known?.epoch || id.number > known.number;
}

function textOf(events: readonly RingEvent[]): string {
  return events.map(({ text }) => text).join("");
}

/** Of this server, not of the gateway: it has no id, and a page goes on from the last that had one. */
function gatewayEvent(state: "gone" | "back"): string {
  return `event: gateway\ndata: ${JSON.stringify({ state })}\n\n`;
}

function lastOf(ring: EventRing): string | undefined {
  const { last } = ring;
  return last === undefined ? undefined : `${last.epoch}-${last.number}`;
}

/** What a browser remembers itself is newer than what its page was opened with. */
function afterOf({ headersDistinct, url = "" }: IncomingMessage): string | undefined {
  const [remembered] = headersDistinct["last-event-id"] ?? [];
  return remembered ?? URL.parse(url, "http://ecluse")?.searchParams.get("after") ?? undefined;
}
