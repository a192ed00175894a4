import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Queue } from "../../inventory/model.ts";
import { GRACE, type Occupant, SPARE, Slots } from "./slots.ts";

const LONGEST = 5_000;

/** A session as the line sees it, which remembers what it was told. */
class Till implements Occupant {
  closing = false;
  queue: Queue | undefined;
  told: "nothing" | "seated" | "turned away" = "nothing";
  seated = (): void => void (this.told = "seated");
  turnedAway = (): void => void (this.told = "turned away");

  constructor(queue?: Queue) {
    this.queue = queue;
  }
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

  suite("with a queue", () => {
    const QUEUE = { length: 2, wait: 30_000 };

    test("as many as it is long wait as long as it says", () => {
      const slots = new Slots(1);
      seat(slots);
      const line = [new Till(QUEUE), new Till(QUEUE)];
      for (const till of line) assert.equal(slots.take(till, 0), "waiting");
      slots.sweep(QUEUE.wait - 1, LONGEST);
      for (const till of line) assert.equal(till.told, "nothing");
      slots.sweep(QUEUE.wait, LONGEST);
      for (const till of line) assert.equal(till.told, "turned away");
    });

    test(`who comes behind it has ${GRACE} ms, and then no room`, () => {
      const slots = new Slots(1);
      seat(slots);
      const line = Array.from({ length: QUEUE.length + 1 + SPARE }, () => new Till(QUEUE));
      for (const till of line) assert.equal(slots.take(till, 0), "waiting");
      assert.equal(slots.take(new Till(QUEUE), 0), "full");
      slots.sweep(GRACE, LONGEST);
      const told = line.map((till) => till.told);
      assert.deepEqual(told.slice(0, 2), ["nothing", "nothing"]);
      assert.ok(told.slice(2).every((word) => word === "turned away"));
    });

    test("who stands behind it moves up when one before leaves, also by being late", () => {
      const slots = new Slots(1);
      seat(slots);
      const [first, second, third] = [new Till(QUEUE), new Till(QUEUE), new Till(QUEUE)];
      slots.take(first, 0);
      slots.take(second, QUEUE.wait - GRACE);
      slots.take(third, QUEUE.wait - GRACE);
      slots.sweep(QUEUE.wait, LONGEST);
      assert.deepEqual([first.told, second.told, third.told], ["turned away", "nothing", "nothing"]);
    });

    test("the line is one, whatever was promised: first come first served", () => {
      const slots = new Slots(1);
      const [inside] = seat(slots);
      const line = [new Till(), new Till(QUEUE), new Till()];
      for (const till of line) slots.take(till, 0);
      assert.ok(inside);
      slots.leave(inside);
      assert.deepEqual(
        line.map(({ told }) => told),
        ["seated", "nothing", "nothing"],
      );
      slots.sweep(GRACE, LONGEST);
      assert.deepEqual(
        line.map(({ told }) => told),
        ["seated", "nothing", "turned away"],
      );
    });

    test("new bounds hold for those in line: the last ones go where it is shorter, all where the wait is over", () => {
      const slots = new Slots(1);
      seat(slots);
      const line = [new Till({ length: 3, wait: 30_000 }), new Till({ length: 3, wait: 30_000 })];
      for (const till of line) slots.take(till, 0);
      for (const till of line) till.queue = { length: 1, wait: 10_000 };
      slots.sweep(10_000 - 1, LONGEST);
      assert.deepEqual(
        line.map(({ told }) => told),
        ["nothing", "turned away"],
      );
      slots.sweep(10_000, LONGEST);
      assert.equal(line[0]?.told, "turned away");
    });
  });

  test("never more than the limit, first come first served, nobody forgotten and nobody told twice", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(moves, { maxLength: 60 }), follow));
  });
});

type Move =
  | { readonly kind: "come"; readonly queue?: Queue }
  | { readonly kind: "leave"; readonly who: number }
  | { readonly kind: "close"; readonly who: number }
  | { readonly kind: "pass"; readonly time: number };

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Move>({ kind: "come" }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ length: fc.integer({ min: 1, max: 6 }), wait: fc.constantFrom(100, 1_000, 20_000) })
      .map((queue): Move => ({ kind: "come", queue })),
  },
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
      const till = new Till(move.queue);
      const answer = slots.take(till, now);
      const room = (move.queue?.length ?? 0) + limit + SPARE;
      const expected = inside.length < limit ? "seated" : line.length < room ? "waiting" : "full";
      assert.equal(answer, expected);
      if (answer === "full") continue;
      everyone.push(till);
      if (answer === "seated") inside.push(till);
      else line.push({ till, since: now });
    } else if (move.kind === "pass") {
      now += move.time;
      slots.sweep(now, LONGEST);
      const moment = inside.some(({ closing }) => closing) ? LONGEST : GRACE;
      const patient: typeof line = [];
      for (const waiting of line) {
        const { queue } = waiting.till;
        const bound = queue !== undefined && patient.length < queue.length ? Math.max(moment, queue.wait) : moment;
        if (now - waiting.since < bound) patient.push(waiting);
        else assert.equal(waiting.till.told, "turned away");
      }
      line = patient;
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
