import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { RelayedFlow } from "../policy/policy.ts";
import { correlate, describeTrouble } from "./correlate.ts";
import { type Health, HealthBook } from "./health.ts";

const terminal = (depot: number, number: number): RelayedFlow =>
  ({ kind: "relayed", id: `d${depot}t${number}`, position: { depot, terminal: number } }) as unknown as RelayedFlow;

const depot22 = Array.from({ length: 30 }, (_, index) => terminal(22, index + 1));
const depot1 = [terminal(1, 1), terminal(1, 2)];
const down = (since: number): Health => ({ state: "down", since, heard: since, by: "probe", cause: "connect" });
const up: Health = { state: "up", since: 0, heard: 50, by: "session" };

suite("correlate", () => {
  test("30 silent terminals of one depot are one trouble, since the first of them", () => {
    const health = (flow: string): Health | undefined => (flow.startsWith("d22") ? down(100 + flow.length) : up);
    const [trouble, ...more] = correlate([...depot1, ...depot22], health);
    assert.deepEqual(more, []);
    assert.deepEqual(trouble, { what: "depot-down", depot: 22, since: 105, flows: depot22.map(({ id }) => id) });
    assert.equal(
      describeTrouble(trouble, (instant) => `t${instant}`),
      "depot 22: link down since t105 (30 of 30 terminals do not answer)",
    );
  });

  test("with one that answers they are single terminals, for the way is there", () => {
    const health = (flow: string): Health | undefined =>
      flow === "d22t7" ? up : flow === "d22t8" ? down(9) : undefined;
    assert.deepEqual(correlate(depot22, health), [
      { what: "terminal-down", flow: "d22t8", since: 9, cause: "connect" },
    ]);
  });

  test("one terminal alone tells nothing of its depot", () => {
    assert.equal(correlate([terminal(5, 1)], () => down(3))[0]?.what, "terminal-down");
  });

  test("what nobody has heard of is no trouble", () => {
    assert.deepEqual(
      correlate(depot22, () => undefined),
      [],
    );
  });
});

suite("HealthBook", () => {
  const session = (outcome: string, bytes: number) =>
    ({
      flow: "a",
      outcome,
      by: "target",
      startedAt: 100,
      duration: 20,
      bytesToTarget: bytes,
      bytesToClient: 0,
    }) as never;

  test("a session that carried bytes was at a terminal that is up; a dial that failed was not", () => {
    const book = new HealthBook();
    book.session(session("reset", 5));
    assert.deepEqual(book.get("a"), { state: "up", since: 120, heard: 120, by: "session" });
    book.session(session("dial-failed", 0));
    assert.equal(book.get("a")?.state, "down");
  });

  test("one that was turned away, or left first, tells nothing", () => {
    const book = new HealthBook();
    for (const outcome of ["busy", "closed", "expired"]) book.session(session(outcome, 0));
    assert.equal(book.get("a"), undefined);
  });

  test("the same again keeps since when, and a probe that gave way tells nothing", () => {
    const book = new HealthBook();
    book.probed("a", { outcome: "failed", duration: 1, cause: "ECONNREFUSED" }, 10);
    book.probed("a", { outcome: "failed", duration: 1, cause: "connect" }, 70);
    book.probed("a", { outcome: "gave-way", duration: 1 }, 80);
    assert.deepEqual(book.get("a"), { state: "down", since: 10, heard: 70, by: "probe", cause: "connect" });
    book.forget("a");
    assert.equal(book.get("a"), undefined);
  });
});
