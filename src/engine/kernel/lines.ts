/** Takes bytes as they come, and gives them away line by line. */
const LINE_FEED = 0x0a;

/** A line stands in `bytes` from `from` until before `end`, for the time of the call; without its line feed. */
export type TakeLine = (bytes: Uint8Array, from: number, end: number) => void;

export class Lines {
  readonly #take: TakeLine;
  #rest: Uint8Array = new Uint8Array();

  constructor(take: TakeLine) {
    this.#take = take;
  }

  /** What follows the last line feed waits for the next chunk, and is no line before. The chunk is not kept. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      this.#take(bytes, from, end);
      from = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(from));
  }
}
