import assert from "node:assert/strict";
import { mock, suite, test } from "node:test";
import { type Refusal, Refusals } from "./refusals.ts";

const refusal: Refusal = { address: "192.168.1.9", port: 3020, at: "connection" };

suite("Refusals", () => {
  test("a flood is one line at once and one per ten seconds", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const lines: string[] = [];
      const refusals = new Refusals({ log: (line) => lines.push(line) });
      for (let count = 0; count < 5_000; count += 1) refusals.add(refusal);
      mock.timers.tick(10_000);
      refusals.add(refusal);
      mock.timers.tick(10_000);
      mock.timers.tick(10_000);
      refusals.add({ ...refusal, address: undefined, port: undefined });
      assert.equal(refusals.count, 5_002);
      assert.deepEqual(lines, [
        'ecluse guard: refused "192.168.1.9", port 3020, at the connection',
        'ecluse guard: refused 4999 more in 10 s, the last "192.168.1.9", port 3020, at the connection',
        'ecluse guard: refused 1 more in 10 s, the last "192.168.1.9", port 3020, at the connection',
        "ecluse guard: refused a peer without an address, at the connection",
      ]);
    } finally {
      mock.timers.reset();
    }
  });

  test("what comes from outside cannot forge a line", () => {
    const lines: string[] = [];
    new Refusals({ log: (line) => lines.push(line) }).add({ ...refusal, address: `1\r\n\u001b[2J"${"x".repeat(200)}` });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^[\x20-\x7e]{1,170}$/);
    assert.match(lines[0] ?? "", /"1\\u000d\\u000a\\u001b\[2J\\"x+\.\.\."/);
  });

  test("a hook and a log that throw disturb nobody", () => {
    const seen: Refusal[] = [];
    const fail = (): never => {
      throw new Error("full");
    };
    const refusals = new Refusals({ log: fail, onRefused: (one) => seen.push(one) && fail() });
    refusals.add(refusal);
    refusals.add(refusal);
    assert.deepEqual([refusals.count, seen.length], [2, 2]);
  });

  test("a hook and a log that fail later disturb nobody either", async () => {
    const lines: string[] = [];
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const later = (): Promise<never> => Promise.reject(new Error("no database"));
    new Refusals({ log: (line) => (lines.push(line), later()), onRefused: later }).add(refusal);
    // Node looks for unhandled rejections after all promises of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
    assert.match(lines.at(-1) ?? "", /the onRefused hook threw: "Error: no database"/);
  });

  test("without a log nothing is written", () => {
    const refusals = new Refusals({ log: false });
    refusals.add(refusal);
    assert.equal(refusals.count, 1);
  });
});
