/** The page's overview, and what happens to it: the same as the gateway's own, told later. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { OverviewAnswer } from "../../src/answers/overview.ts";
import { flowPlaces } from "../../src/web/page/live/flow-places.ts";
import { folded } from "../../src/web/page/live/fold.ts";
import { type LiveEvent, isAfter } from "../../src/web/page/live/live-event.ts";
import { NOW, began, ended, overview, refused } from "./page-overviews.ts";

function after(events: readonly LiveEvent[], before = overview()): OverviewAnswer {
  return folded(before, events, flowPlaces(before));
}

function flow(answer: OverviewAnswer, id: string) {
  return [...answer.depots.flatMap(({ terminals }) => terminals), ...answer.others].find((each) => each.flow === id);
}

suite("the page's overview", () => {
  test("a session begins and ends: in session, then free, and counted", () => {
    const inside = after([began(1, "depot22-tpe01")]);
    assert.deepEqual([inside.sessions.open, inside.counts.sessions, inside.inside.length], [1, 1, 1]);
    assert.equal(flow(inside, "depot22-tpe01")?.state, "in-session");
    const done = after([ended(1, "depot22-tpe01")], inside);
    assert.deepEqual([done.sessions.open, done.inside.length, done.recent.length], [0, 0, 1]);
    assert.equal(flow(done, "depot22-tpe01")?.state, "free");
  });

  test("a terminal that was never heard of is heard of by its first session's bytes, and by them alone", () => {
    const silent = after([
      began(1, "depot01-tpe02"),
      ended(1, "depot01-tpe02", { bytesToTarget: 0, bytesToClient: 0 }),
    ]);
    assert.equal(flow(silent, "depot01-tpe02")?.state, "unheard");
    const paid = after([began(1, "depot01-tpe02"), ended(1, "depot01-tpe02")]);
    assert.equal(flow(paid, "depot01-tpe02")?.state, "free");
  });

  test("one that cannot be dialled is down, with the cause, until it is heard of again", () => {
    const failed = { outcome: "dial-failed", cause: "ECONNREFUSED", bytesToTarget: 0, bytesToClient: 0 } as const;
    const down = after([began(1, "depot22-tpe01"), ended(1, "depot22-tpe01", failed)]);
    assert.deepEqual(
      [flow(down, "depot22-tpe01")?.state, flow(down, "depot22-tpe01")?.cause],
      ["down", "ECONNREFUSED"],
    );
    const up = after(
      [{ id: "e1-900", event: "health", data: { flow: "depot22-tpe01", state: "up", since: NOW } }],
      down,
    );
    assert.deepEqual([flow(up, "depot22-tpe01")?.state, flow(up, "depot22-tpe01")?.cause], ["free", undefined]);
  });

  test("an operator's word stands above what sessions tell", () => {
    const inside = after([began(1, "depot22-tpe02")]);
    assert.equal(flow(inside, "depot22-tpe02")?.state, "closed");
    assert.equal(flow(after([ended(1, "depot22-tpe02")], inside), "depot22-tpe02")?.state, "closed");
  });

  test("only the depots that something happened in are other objects", () => {
    const before = overview();
    const later = after([began(1, "depot22-tpe01")], before);
    assert.equal(later.depots[0], before.depots[0]);
    assert.notEqual(later.depots[1], before.depots[1]);
    assert.equal(after([refused(1)], before).depots, before.depots);
  });

  test("refusals of one source at one flow are one row; those of more than a quarter of an hour ago go", () => {
    const twice = after([refused(2), refused(3, NOW + 1_000)]);
    assert.deepEqual([twice.refusals.length, twice.refusals[0]?.count, twice.counts.refusals], [1, 5, 5]);
    const old = overview({
      refusals: [{ source: "192.0.2.9", flow: null, reason: "no-door", count: 1, first: 0, last: NOW - 900_001 }],
    });
    assert.deepEqual(
      after([refused(1)], old).refusals.map(({ source }) => source),
      ["192.0.2.66"],
    );
  });

  test("an event of a flow that the overview does not have changes no terminal, and is counted", () => {
    const before = overview();
    const later = after([began(1, "depot72-tpe99")], before);
    assert.equal(later.depots, before.depots);
    assert.equal(later.sessions.open, 1);
  });

  test("cut in batches anywhere, the same events give the same overview", () => {
    const flows = ["depot01-tpe01", "depot01-tpe02", "depot22-tpe01", "flow/opi-callback"];
    const events = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 30 }).map((steps) => {
      const inside: { session: number; flow: string }[] = [];
      return steps.map(([which, isEnd], index): LiveEvent => {
        const first = isEnd ? inside.shift() : undefined;
        if (first !== undefined) return ended(first.session, first.flow, {}, `e1-${11 + index}`);
        const next = { session: index + 1, flow: flows[which] ?? "" };
        inside.push(next);
        return began(next.session, next.flow, `e1-${11 + index}`);
      });
    });
    fc.assert(
      fc.property(events, fc.nat(30), (all, cut) => {
        assert.deepEqual(after(all.slice(cut), after(all.slice(0, cut))), after(all));
      }),
    );
  });
});

test("an event is later than an overview only by the same process's numbers", () => {
  assert.deepEqual(
    [isAfter("e1-11", "e1-10"), isAfter("e1-10", "e1-10"), isAfter("e1-9", "e1-10"), isAfter("e2-11", "e1-10")],
    [true, false, false, false],
  );
});
