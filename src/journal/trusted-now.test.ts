import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { TrustedNow } from "./trusted-now.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

suite("TrustedNow", () => {
  const steps: readonly (readonly [
    string,
    readonly (readonly [wall: number, monotonic: number, trusted: number])[],
  ])[] = [
    [
      "goes with the clock",
      [
        [HOUR, HOUR, HOUR],
        [2 * HOUR, 2 * HOUR, 2 * HOUR],
      ],
    ],
    [
      "goes with summer time, in either direction",
      [
        [2 * HOUR, HOUR, 2 * HOUR],
        [HOUR, HOUR, HOUR],
      ],
    ],
    [
      "does not leap a year",
      [
        [YEAR, 0, 0],
        [YEAR + 1, 1, 1],
      ],
    ],
    [
      "forgets a leap that is taken back",
      [
        [YEAR, 0, 0],
        [1, 1, 1],
        [YEAR, HOUR, HOUR],
      ],
    ],
    [
      "believes a leap after an hour",
      [
        [YEAR, 0, 0],
        [YEAR + HOUR, HOUR, YEAR + HOUR],
      ],
    ],
    ["goes back at once", [[-YEAR, 0, -YEAR]]],
  ];
  for (const [name, instants] of steps) {
    test(name, () => {
      const now = new TrustedNow({ wall: 0, monotonic: 0 });
      for (const [wall, monotonic, trusted] of instants) assert.equal(now.at({ wall, monotonic }), trusted);
    });
  }
});
