/** Reads text/event-stream (WHATWG HTML, "Server-sent events") as it comes, in whatever pieces. */

export interface ReadEvent {
  /** Of the last event that had one. */
  readonly id: string;
  readonly event: string;
  /** As text. */
  readonly data: string;
}

export class EventReader {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #id = "";
  #event = "";
  #data: string[] = [];

  /** The events that are whole now. */
  read(bytes: Uint8Array): readonly ReadEvent[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): readonly ReadEvent[] {
    if (line === "") return this.#whole();
    const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === "id") this.#id = value;
    else if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    return [];
  }

  /** What has no data, a comment or an id alone, is no event. */
  #whole(): readonly ReadEvent[] {
    const [event, data] = [this.#event === "" ? "message" : this.#event, this.#data];
    this.#event = "";
    this.#data = [];
    return data.length === 0 ? [] : [{ id: this.#id, event, data: data.join("\n") }];
  }
}
