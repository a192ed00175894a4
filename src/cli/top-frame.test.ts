import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sessionAnswer, overviewAnswer } from "../../test/support/top-answers.ts";
import { topFrame } from "./top-frame.ts";

const FIRST = {
  at: 1_000,
  overview: overviewAnswer(),
  sessions: [sessionAnswer({ bytesToTarget: 100, bytesToClient: 40 })],
};

suite("topFrame", () => {
  test("the first answer has no rates", () => {
    const frame = topFrame(undefined, FIRST);
    assert.equal(frame.perSecond, null);
    assert.deepEqual(frame.sessions, [{ ...FIRST.sessions[0], perSecond: null }]);
  });

  test("thousands of flows are summed up: how many are how", () => {
    const others = [{ flow: "flow/x", port: 1, state: "down" as const, sessions: 0 }];
    const overview = overviewAnswer({ others }, ["free", "free", "in-session", "down"]);
    const frame = topFrame(undefined, { ...FIRST, overview });
    const none = { blocked: 0, closed: 0, draining: 0, unheard: 0 };
    assert.deepEqual(frame.overview.states, { ...none, free: 2, "in-session": 1, down: 2 });
    assert.ok(!JSON.stringify(frame).includes("flow/x"));
  });

  test("rates are what was added, by the seconds between the answers; a new session adds all it has", () => {
    const second = {
      at: 3_000,
      overview: overviewAnswer({ counts: { sessions: 11, refusals: 27 } }),
      sessions: [
        sessionAnswer({ bytesToTarget: 500, bytesToClient: 40 }),
        sessionAnswer({ source: "192.0.2.9", bytesToTarget: 10, bytesToClient: 6 }),
      ],
    };
    const frame = topFrame(FIRST, second);
    assert.deepEqual(frame.perSecond, { sessions: 0.5, refusals: 3.5, toTarget: 205, toClient: 3 });
    assert.deepEqual(
      frame.sessions.map(({ perSecond }) => perSecond),
      [
        { toTarget: 200, toClient: 0 },
        { toTarget: 5, toClient: 3 },
      ],
    );
  });

  test("two sessions of one source in one millisecond are told apart by their order", () => {
    const twins = (one: number, other: number) =>
      [one, other].map((bytesToTarget) => sessionAnswer({ bytesToTarget, bytesToClient: 0 }));
    const frame = topFrame(
      { ...FIRST, sessions: twins(10, 1_000) },
      { ...FIRST, at: 2_000, sessions: twins(20, 1_500) },
    );
    assert.deepEqual(
      frame.sessions.map(({ perSecond }) => perSecond?.toTarget),
      [10, 500],
    );
  });

  test("a gateway that began anew, or two answers of one instant, give no rates and never a negative one", () => {
    const fewer = overviewAnswer({ counts: { sessions: 0, refusals: 0 } });
    assert.equal(topFrame(FIRST, { ...FIRST, at: 2_000, overview: fewer }).perSecond, null);
    assert.equal(topFrame(FIRST, FIRST).perSecond, null);
    const another = topFrame(FIRST, { ...FIRST, at: 2_000, sessions: [sessionAnswer({ bytesToTarget: 1 })] });
    assert.equal(another.perSecond?.toTarget, 0);
  });
});
