import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readingInto } from "./reading.ts";

/** A socket that is read as Node reads one: into its room, which it asks for anew after each chunk. */
class Reading {
  readonly chunks: Buffer[] = [];
  readonly #onread = readingInto((chunk) => this.chunks.push(chunk));
  room = this.#ask();

  /** `length` bytes of this value arrive. */
  read(length: number, value: number): void {
    this.room.fill(value, 0, length);
    this.#onread.callback(length, this.room);
    this.room = this.#ask();
  }

  #ask(): Uint8Array {
    const { buffer } = this.#onread;
    return typeof buffer === "function" ? buffer() : buffer;
  }
}

suite("readingInto", () => {
  test("all sockets have one room, and what one has read is not another's to write over", () => {
    const [one, other] = [new Reading(), new Reading()];
    assert.equal(one.room, other.room);
    one.read(3, 1);
    other.read(5, 2);
    one.read(2, 3);
    assert.deepEqual(one.chunks, [Buffer.from([1, 1, 1]), Buffer.from([3, 3])]);
    assert.deepEqual(other.chunks, [Buffer.alloc(5, 2)]);
  });

  test("whoever fills the room has one of its own for each read, until it fills one no more", () => {
    const [bulk, other] = [new Reading(), new Reading()];
    const full = bulk.room.length;
    for (const value of [1, 2, 3]) {
      bulk.read(full, value);
      assert.notEqual(bulk.room, other.room);
    }
    bulk.read(7, 4);
    assert.equal(bulk.room, other.room);
    other.read(full, 9);
    assert.deepEqual(
      bulk.chunks.map((chunk) => [chunk.length, chunk[0], chunk.at(-1)]),
      [
        [full, 1, 1],
        [full, 2, 2],
        [full, 3, 3],
        [7, 4, 4],
      ],
    );
  });
});
