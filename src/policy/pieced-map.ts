/**
 * An immutable map by number that shares with the one it was made from whatever is the same in both: of thousands of entries of
 * which a few change, the others are neither copied nor looked at. Neighbouring keys lie in one piece; a piece that changes is
 * copied.
 */

/** An entry that two maps do not share. */
export interface ChangedEntry<Value> {
  readonly key: number;
  /** Absent: it is new. */
  readonly was: Value | undefined;
  /** Absent: it is gone. */
  readonly is: Value | undefined;
}

type Piece<Value> = ReadonlyMap<number, Value>;

export class PiecedMap<Value> implements ReadonlyMap<number, Value> {
  readonly size: number;
  /** None is empty. Maps that share a piece have the same object: what is worked out of it can be remembered by it. */
  readonly pieces: ReadonlyMap<number, Piece<Value>>;
  readonly #span: number;

  private constructor(span: number, pieces: ReadonlyMap<number, Piece<Value>>, size: number) {
    this.#span = span;
    this.pieces = pieces;
    this.size = size;
  }

  /** `span`: how many neighbouring keys lie in a piece. Keys are not negative. */
  static empty<Value>(span: number): PiecedMap<Value> {
    return new PiecedMap(span, new Map(), 0);
  }

  /** Another map in which these have changed, one after another; `undefined`: there is none. */
  with(changes: Iterable<readonly [key: number, value: Value | undefined]>): PiecedMap<Value> {
    const pieces = new Map(this.pieces);
    const copied = new Map<number, Map<number, Value>>();
    let { size } = this;
    for (const [key, value] of changes) {
      const number = this.#pieceOf(key);
      const piece = copied.get(number) ?? new Map(pieces.get(number));
      copied.set(number, piece);
      pieces.set(number, piece);
      size -= piece.size;
      if (value === undefined) piece.delete(key);
      else piece.set(key, value);
      size += piece.size;
    }
    for (const [number, piece] of copied) if (piece.size === 0) pieces.delete(number);
    return new PiecedMap(this.#span, pieces, size);
  }

  /** What is not the same value in both: first what there is now, then what is gone. Throws where their spans differ. */
  changesSince(before: PiecedMap<Value>): readonly ChangedEntry<Value>[] {
    if (before.#span !== this.#span) throw new TypeError("maps in pieces of different spans");
    const changes: ChangedEntry<Value>[] = [];
    this.pieces.forEach((piece, number) => {
      const old = before.pieces.get(number);
      if (old === piece) return;
      piece.forEach((is, key) => {
        const was = old?.get(key);
        if (was !== is) changes.push({ key, was, is });
      });
    });
    before.pieces.forEach((piece, number) => {
      const young = this.pieces.get(number);
      if (young === piece) return;
      piece.forEach((was, key) => {
        if (young?.has(key) !== true) changes.push({ key, was, is: undefined });
      });
    });
    return changes;
  }

  get(key: number): Value | undefined {
    return this.pieces.get(this.#pieceOf(key))?.get(key);
  }

  has(key: number): boolean {
    return this.pieces.get(this.#pieceOf(key))?.has(key) === true;
  }

  forEach(visit: (value: Value, key: number, map: ReadonlyMap<number, Value>) => void): void {
    this.pieces.forEach((piece) => piece.forEach((value, key) => visit(value, key, this)));
  }

  *entries(): Generator<[number, Value], undefined> {
    for (const piece of this.pieces.values()) yield* piece.entries();
    return undefined;
  }

  *keys(): Generator<number, undefined> {
    for (const piece of this.pieces.values()) yield* piece.keys();
    return undefined;
  }

  *values(): Generator<Value, undefined> {
    for (const piece of this.pieces.values()) yield* piece.values();
    return undefined;
  }

  [Symbol.iterator](): Generator<[number, Value], undefined> {
    return this.entries();
  }

  #pieceOf(key: number): number {
    return Math.floor(key / this.#span);
  }
}
