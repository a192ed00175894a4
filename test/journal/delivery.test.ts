/** When batches are sent, with a clock that stands still until the test moves it. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Backlog } from "../../src/journal/backlog.ts";
import { Delivery } from "../../src/journal/delivery.ts";
import { manualClock } from "../support/clock.ts";
import { session } from "./support.ts";

suite("Delivery", () => {
  test("a row waits for company, a full batch does not", () => {
    const { sent, tell, clock, delivery } = start();
    tell(1);
    clock.pass(249);
    assert.deepEqual(sent, []);
    clock.pass(1);
    assert.deepEqual(sent, [1]);
    delivery.settled("written");
    tell(10);
    assert.deepEqual(sent, [1, 2]);
  });

  test("one batch at a time", () => {
    const { sent, tell, delivery } = start();
    tell(30);
    assert.deepEqual(sent, [1]);
    delivery.settled("written");
    assert.deepEqual(sent, [1, 2]);
  });

  test("what failed is sent again after a pause that doubles to 32 times, whatever comes meanwhile", () => {
    const { sent, tell, clock, delivery } = start();
    tell(10);
    for (const pause of [1, 2, 4, 8, 16, 32, 32, 32]) {
      const before = sent.length;
      delivery.failed();
      tell(10);
      clock.pass(pause * 1_000 - 1);
      assert.equal(sent.length, before, `within ${pause} s`);
      clock.pass(1);
      assert.equal(sent.length, before + 1, `after ${pause} s`);
    }
    assert.deepEqual(new Set(sent), new Set([1]));
    delivery.settled("written");
    delivery.failed();
    clock.pass(1_000);
    assert.deepEqual(sent.slice(-2), [2, 2]);
  });

  test("an answer that does not come is told as silence", () => {
    const { tell, clock, delivery } = start();
    tell(10);
    clock.pass(20_000);
    assert.equal(delivery.silence, 20_000);
    delivery.settled("written");
    assert.equal(delivery.silence, 0);
  });

  test("flush sends what there is, and is done once all is written", async () => {
    const { sent, tell, delivery } = start();
    tell(12);
    delivery.settled("written");
    const flushed = delivery.flush();
    assert.deepEqual(sent, [1, 2]);
    delivery.settled("written");
    await flushed;
  });

  test("after its end nothing is sent", () => {
    const { sent, tell, clock, delivery } = start();
    tell(1);
    delivery.end();
    tell(20);
    clock.pass(60_000);
    assert.deepEqual(sent, []);
  });
});

function start(): {
  readonly sent: number[];
  readonly tell: (rows: number) => void;
  readonly clock: ReturnType<typeof manualClock>;
  readonly delivery: Delivery;
} {
  const sent: number[] = [];
  const clock = manualClock();
  const bounds = { sessions: 1_000, refusals: 0, changes: 0 };
  const backlog = new Backlog({ bounds, batch: 10, wall: clock.wall });
  const send = ({ number }: { readonly number: number }): void => void sent.push(number);
  const delivery = new Delivery({ backlog, clock, period: 250, pause: 1_000, send });
  const tell = (rows: number): void => {
    for (let row = 0; row < rows; row += 1) {
      backlog.session(session());
      delivery.soon();
    }
  };
  return { sent, tell, clock, delivery };
}
