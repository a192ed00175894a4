import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Backlog } from "./backlog.ts";
import { rowsOf } from "./batch.ts";
import { packChange } from "./canonical.ts";

const BOUNDS = { sessions: 10, refusals: 10, changes: 4 };

suite("Backlog", () => {
  test("has nothing to write at first", () => {
    assert.equal(backlog().next(), undefined);
  });

  test("gives the same batch until it is settled", () => {
    const rows = backlog();
    tell(rows, 1);
    const first = rows.next();
    tell(rows, 1);
    assert.equal(rows.next(), first);
    rows.settle("written");
    assert.equal(rows.next()?.number, 2);
    rows.settle("written");
    assert.equal(rows.next(), undefined);
    assert.ok(rows.isEmpty);
  });

  test("full batches are sealed as they fill", () => {
    const rows = backlog();
    tell(rows, 4);
    assert.ok(rows.hasFull);
    assert.deepEqual(rowsOf(rows.next() ?? assert.fail()).changes, 2);
  });

  test("what is beyond the bound is dropped, and the next batch says so", () => {
    let now = 5;
    const rows = backlog(() => now++);
    tell(rows, 7);
    assert.deepEqual([rows.kept.changes, rows.dropped.changes], [4, 3]);
    for (let batch = 0; batch < 2; batch += 1) {
      assert.equal(rows.next()?.gap, undefined);
      rows.settle("written");
    }
    const { gap } = rows.next() ?? assert.fail();
    assert.equal(gap?.changes, 3);
    assert.ok(gap.from < gap.to);
    rows.settle("written");
    assert.ok(rows.isEmpty);
  });

  test("a gap that is lost with its batch is told by the next", () => {
    const rows = backlog();
    rows.drop({ sessions: 5, refusals: 0, changes: 0 });
    tell(rows, 1);
    rows.next();
    rows.settle("lost");
    const { gap } = rows.next() ?? assert.fail();
    assert.deepEqual([gap?.sessions, gap?.changes], [5, 1]);
    assert.equal(rows.dropped.sessions, 5);
  });
});

function backlog(wall = (): number => 0): Backlog {
  return new Backlog({ bounds: BOUNDS, batch: 2, wall });
}

function tell(rows: Backlog, times: number): void {
  for (let time = 0; time < times; time += 1) rows.changed(packChange({ at: 0, by: "alice", action: "apply" }));
}
