import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { GRACE, type Occupant, SPARE, Slots } from "./slots.ts";

const LONGEST = 5_000;

/** A session as the line sees it, which remembers what it was told. */
class Till implements Occupant {
  closing = false;
  told: "nothing" | "seated" | "turned away" = "nothing";
  seated = (): void => void (this.told = "seated");
  turnedAway = (): void => void (this.told = "turned away");
}

function seat(slots: Slots, count = 1): Till[] {
  return Array.from({ length: count }, () => {
    const till = new Till();
    assert.equal(slots.take(till, 0), "seated");
    return till;
  });
}

suite("Slots", () => {
  test("without a limit everybody has a place", () => {
    seat(new Slots(Infinity), 1_000);
  });

  test("one place: the second waits, and a few more; then there is no room", () => {
    const slots = new Slots(1);
    seat(slots);
    for (let count = 0; count < 1 + SPARE; count += 1) assert.equal(slots.take(new Till(), 0), "waiting");
    assert.equal(slots.take(new Till(), 0), "full");
  });

  test("who leaves makes room for the first in line", () => {
    const slots = new Slots(2);
    const [first] = seat(slots, 2);
    const [third, fourth] = [new Till(), new Till()];
    slots.take(third, 0);
    slots.take(fourth, 0);
    assert.ok(first);
    slots.leave(first);
    assert.deepEqual([third.told, fourth.told], ["seated", "nothing"]);
  });

  test("a newcomer does not overtake the line", () => {
    const slots = new Slots(1);
    const [first] = seat(slots);
    const second = new Till();
    slots.take(second, 0);
    assert.ok(first);
    slots.leave(first);
    assert.equal(slots.take(new Till(), 0), "waiting");
    assert.equal(second.told, "seated");
  });

  test("leaving twice frees one place", () => {
    const slots = new Slots(1);
    const [first] = seat(slots);
    const [second, third] = [new Till(), new Till()];
    slots.take(second, 0);
    assert.ok(first);
    slots.leave(first);
    slots.leave(first);
    assert.equal(slots.take(third, 0), "waiting");
    assert.equal(third.told, "nothing");
  });

  test("one who leaves the line is forgotten: no place, no word", () => {
    const slots = new Slots(1);
    const [first] = seat(slots);
    const [gone, next] = [new Till(), new Till()];
    slots.take(gone, 0);
    slots.leave(gone);
    assert.equal(slots.take(next, 0), "waiting");
    assert.ok(first);
    slots.leave(first);
    slots.sweep(LONGEST * 2, LONGEST);
    assert.deepEqual([gone.told, next.told], ["nothing", "seated"]);
    slots.leave(next);
    assert.ok(slots.isEmpty);
  });

  test(`while nobody is closing, the line waits ${GRACE} ms`, () => {
    const slots = new Slots(1);
    seat(slots);
    const till = new Till();
    slots.take(till, 1_000);
    slots.sweep(1_000 + GRACE - 1, LONGEST);
    assert.equal(till.told, "nothing");
    slots.sweep(1_000 + GRACE, LONGEST);
    assert.equal(till.told, "turned away");
  });

  test("while somebody is closing, it waits the longest time", () => {
    const slots = new Slots(1);
    const [first] = seat(slots);
    assert.ok(first);
    first.closing = true;
    const till = new Till();
    slots.take(till, 0);
    slots.sweep(LONGEST - 1, LONGEST);
    assert.equal(till.told, "nothing");
    slots.sweep(LONGEST, LONGEST);
    assert.equal(till.told, "turned away");
  });

  test("one turned away is out of the line", () => {
    const slots = new Slots(1);
    const [first] = seat(slots);
    const till = new Till();
    slots.take(till, 0);
    slots.sweep(GRACE, LONGEST);
    slots.sweep(GRACE, LONGEST);
    assert.ok(first);
    slots.leave(first);
    assert.equal(till.told, "turned away");
    assert.ok(slots.isEmpty);
  });

  test("a policy with more places seats the line at the next sweep; with fewer, nobody until enough have left", () => {
    const slots = new Slots(1);
    const [first] = seat(slots);
    const second = new Till();
    slots.take(second, 0);
    slots.limit = 2;
    slots.sweep(1, LONGEST);
    assert.equal(second.told, "seated");
    slots.limit = 1;
    const third = new Till();
    assert.equal(slots.take(third, 2), "waiting");
    assert.ok(first);
    slots.leave(first);
    assert.equal(third.told, "nothing");
    slots.leave(second);
    assert.equal(third.told, "seated");
  });

  test("never more than the limit, first come first served, nobody forgotten and nobody told twice", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(moves, { maxLength: 60 }), follow));
  });
});

type Move =
  | { readonly kind: "come" }
  | { readonly kind: "leave"; readonly who: number }
  | { readonly kind: "close"; readonly who: number }
  | { readonly kind: "pass"; readonly time: number };

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Move>({ kind: "come" }) },
  { weight: 3, arbitrary: fc.nat(60).map((who): Move => ({ kind: "leave", who })) },
  { weight: 1, arbitrary: fc.nat(60).map((who): Move => ({ kind: "close", who })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 2_000 }).map((time): Move => ({ kind: "pass", time })) },
);

/** Plays moves on the slots and on two plain arrays, and compares. */
function follow(limit: number, played: readonly Move[]): void {
  const slots = new Slots(limit);
  const everyone: Till[] = [];
  let inside: Till[] = [];
  let line: { readonly till: Till; readonly since: number }[] = [];
  let now = 0;
  const leave = (gone: Till): void => {
    inside = inside.filter((till) => till !== gone);
    line = line.filter(({ till }) => till !== gone);
    const seated = line.splice(0, limit - inside.length).map(({ till }) => till);
    for (const till of seated) assert.equal(till.told, "seated");
    inside.push(...seated);
  };
  for (const move of played) {
    if (move.kind === "come") {
      const till = new Till();
      const answer = slots.take(till, now);
      const expected = inside.length < limit ? "seated" : line.length < limit + SPARE ? "waiting" : "full";
      assert.equal(answer, expected);
      if (answer === "full") continue;
      everyone.push(till);
      if (answer === "seated") inside.push(till);
      else line.push({ till, since: now });
    } else if (move.kind === "pass") {
      now += move.time;
      slots.sweep(now, LONGEST);
      const bound = inside.some(({ closing }) => closing) ? LONGEST : GRACE;
      for (const { till } of line.filter(({ since }) => now - since >= bound)) assert.equal(till.told, "turned away");
      line = line.filter(({ since }) => now - since < bound);
    } else {
      const till = everyone[move.who];
      if (till === undefined) continue;
      if (move.kind === "close") till.closing = true;
      else {
        slots.leave(till);
        leave(till);
      }
    }
    for (const { till } of line) assert.equal(till.told, "nothing");
    assert.ok(inside.length <= limit);
    assert.equal(slots.isEmpty, inside.length + line.length === 0);
  }
}
