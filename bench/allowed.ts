/** Networks that may come in, as many as a case wants. */

/** 10.0.0.0, of which the 28-bit networks are taken, every other one: none merges with its neighbour. */
const BASE = 10 * 2 ** 24;
const STEP = 32;

/** `count` networks, the till's own address last: who asks one after another asks them all. */
export function allowedNetworks(count: number, till: string): readonly string[] {
  const others = Array.from({ length: count - 1 }, (_, index) => `${dotted(BASE + index * STEP)}/28`);
  return [...others, till];
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
