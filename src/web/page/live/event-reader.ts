/**
 * Server-Sent Events, read from text as it comes: https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * Not the browser's `EventSource`: that one hides why it was refused, and the comment lines by which a stream that is
 * still there can be told from one whose other end has gone without a word.
 */

export interface StreamMessage {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export class EventReader {
  #rest = "";
  #id = "";
  #event = "";
  #data: string[] = [];

  /** The messages that this text completes. */
  push(text: string): readonly StreamMessage[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): readonly StreamMessage[] {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.#id = value;
    else if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    return [];
  }

  #dispatch(): readonly StreamMessage[] {
    const message = { id: this.#id, event: this.#event || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#data = [];
    this.#event = "";
    return isEmpty ? [] : [message];
  }
}
