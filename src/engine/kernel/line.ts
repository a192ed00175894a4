/**
 * A line of text that is read as bytes, from left to right, without text being made of it: for programs that say several
 * thousand of them a second.
 */
import type { Ipv4 } from "@ecluse/guard/address";

const ZERO = 0x30;
const DOT = 0x2e;

export class Line {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  /** From `from` until before `end`. The bytes are read, not kept. */
  constructor(bytes: Uint8Array, from: number, end: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  /** Whether this comes next; then it is read. */
  takes(word: Uint8Array): boolean {
    if (!this.#has(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  /** Whether this comes at all; then all is read until behind it, and else nothing. */
  goesTo(word: Uint8Array): boolean {
    const [first, last] = [word[0], this.#end - word.length];
    for (let at = this.#at; at <= last; at += 1) {
      if (this.#bytes[at] !== first || !this.#has(word, at)) continue;
      this.#at = at + word.length;
      return true;
    }
    return false;
  }

  /** Whether `word` stood immediately before `read`, which was read last. */
  hasBefore(word: Uint8Array, read: Uint8Array): boolean {
    return this.#has(word, this.#at - read.length - word.length);
  }

  /** Reads as many digits as there are; 0 where there are none. */
  number(): number {
    let number = 0;
    for (let digit = this.#digit(); digit !== undefined; digit = this.#digit()) number = number * 10 + digit;
    return number;
  }

  /** `1795350416.014170` */
  decimal(): number {
    const whole = this.number();
    if (this.#bytes[this.#at] !== DOT) return whole;
    this.#at += 1;
    const from = this.#at;
    const fraction = this.number();
    return whole + fraction / 10 ** (this.#at - from);
  }

  /** As a program writes it that knows no other way: it is not examined for others. IPv6 has no dots. */
  address(): Ipv4 | undefined {
    let address = this.number();
    for (let dots = 0; dots < 3; dots += 1) {
      if (this.#bytes[this.#at] !== DOT) return undefined;
      this.#at += 1;
      address = address * 256 + this.number();
    }
    return address as Ipv4;
  }

  /** Reads it, if it is one. */
  #digit(): number | undefined {
    if (this.#at >= this.#end) return undefined;
    const digit = (this.#bytes[this.#at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    this.#at += 1;
    return digit;
  }

  #has(word: Uint8Array, at: number): boolean {
    if (at < 0 || at + word.length > this.#end) return false;
    for (let index = 0; index < word.length; index += 1) if (this.#bytes[at + index] !== word[index]) return false;
    return true;
  }
}
