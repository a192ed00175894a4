import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Flow } from "../policy/policy.ts";
import type { Cell } from "./cell.ts";
import { sampleOf } from "./sample.ts";

/** 72 depots of 20 terminals, of which a few have rights of their own. */
const FLEET = Array.from({ length: 1_440 }, (_, index) => {
  const [depot, terminal] = [1 + Math.floor(index / 20), 1 + (index % 20)];
  const grants = index % 400 === 7 ? [{ source: `own${index}` }] : [{ source: "till" }];
  return { kind: "relayed", id: `${depot}/${terminal}`, position: { depot, terminal }, grants } as unknown as Flow;
});

const twoCells = ({ id }: Flow): readonly Cell[] => [{ flow: id }, { flow: id }] as unknown as readonly Cell[];

suite("sampleOf", () => {
  test("all of it where there are few", () => {
    const { cells, flows, seed } = sampleOf(FLEET.slice(0, 10), twoCells, { most: 20, seed: 1 });
    assert.deepEqual([cells.length, flows, seed], [20, 10, undefined]);
  });

  test("every depot and every distinct list of rights, then chance, up to the number asked for", () => {
    const { cells, flows, of, seed } = sampleOf(FLEET, twoCells, { most: 500, seed: 7 });
    const ids = new Set(cells.map(({ flow }) => flow));
    const chosen = FLEET.filter(({ id }) => ids.has(id));
    assert.equal(new Set(chosen.map(({ position }) => position?.depot)).size, 72);
    assert.equal(new Set(chosen.map(({ grants }) => JSON.stringify(grants))).size, 5);
    assert.deepEqual([cells.length, flows, of, seed], [500, 250, 1_440, 7]);
  });

  test("the same seed draws the same, another one others; who must be there is there past the number", () => {
    const drawn = (seed: number, most = 500): string =>
      sampleOf(FLEET, twoCells, { most, seed })
        .cells.map(({ flow }) => flow)
        .join();
    assert.equal(drawn(7), drawn(7));
    assert.notEqual(drawn(7), drawn(8));
    assert.equal(drawn(1, 10), drawn(2, 10));
    // 72 depots' firsts, and four lists of rights.
    assert.equal(new Set(drawn(1, 10).split(",")).size, 76);
  });
});
