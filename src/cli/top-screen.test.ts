import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sessionAnswer, overviewAnswer } from "../../test/support/top-answers.ts";
import type { SessionAnswer } from "../answers/sessions.ts";
import type { OverviewAnswer } from "../answers/overview.ts";
import { type TopFrame, topFrame } from "./top-frame.ts";
import { type TopView, topScreen } from "./top-screen.ts";

function frameOf(overview: OverviewAnswer, sessions: readonly SessionAnswer[] = []): TopFrame {
  const earlier = sessions.map((session) => ({ ...session, bytesToTarget: 0, bytesToClient: 0 }));
  return topFrame({ at: 0, overview, sessions: earlier }, { at: 1_000, overview, sessions });
}

function texts(view: Partial<TopView> & Pick<TopView, "frame">, columns = 120, rows = 40): readonly string[] {
  return topScreen({ select: undefined, order: "busiest", ...view }, { columns, rows }).map(({ text }) => text);
}

const THREE = [
  sessionAnswer({ flow: "depot22-tpe01", duration: 90_000, bytesToTarget: 5 }),
  sessionAnswer({ flow: "depot22-tpe02", duration: 30_000, bytesToTarget: 1_200, bytesToClient: 300 }),
  sessionAnswer({ flow: "depot22-tpe03", duration: 60_000, phase: "waiting", leaving: true }),
];

suite("topScreen", () => {
  test("says what runs, then each session; the bottom line stands last", () => {
    const lines = texts(
      { frame: frameOf(overviewAnswer({}, ["free", "in-session", "free"]), THREE), select: "depot22", foot: "q quit" },
      120,
      20,
    );
    assert.equal(lines.length, 20);
    assert.match(lines[0] ?? "", /^ecluse top depot22, 2026-11-01T/);
    assert.match(lines[1] ?? "", /^inventory {2}3, applied 2026-\S+ by ana$/);
    assert.deepEqual(lines.slice(2, 10), [
      "flows      3: 2 free, 1 in session",
      "sessions   1 open, at most 4096; at the gateway 0.0 let in and 0.0 refused per second",
      "traffic    1.2 kB/s to the targets, 300 B/s back",
      "",
      "FLOW           SOURCE       AGE       TO IT/S   BACK/S   TO IT   BACK   PHASE             RULE",
      "depot22-tpe02  203.0.113.7  30 s      1.2 kB/s  300 B/s  1.2 kB  300 B  open              odoo",
      "depot22-tpe01  203.0.113.7  1 m 30 s  5 B/s     0 B/s    5 B     0 B    open              odoo",
      "depot22-tpe03  203.0.113.7  1 m       0 B/s     0 B/s    0 B     0 B    waiting, leaving  odoo",
    ]);
    assert.deepEqual(lines.slice(10), [...Array.from({ length: 9 }, () => ""), "q quit"]);
  });

  test("oldest first, where that is asked", () => {
    const lines = texts({ frame: frameOf(overviewAnswer(), THREE), order: "oldest" });
    assert.deepEqual(
      lines.slice(7).map((line) => line.slice(0, 13)),
      ["depot22-tpe01", "depot22-tpe03", "depot22-tpe02"],
    );
  });

  test("what is pending, blocked, down, refused, drained, closed, about to expire, or lost", () => {
    const { now } = overviewAnswer();
    const operation = (flow: string, what: "closed" | "draining") => ({ what, flow, by: "ana", at: now });
    const ends = (id: string, flows: number, minutes: number) => {
      return { what: "grant-ends" as const, id, source: "technician", flows, until: now + minutes * 60_000 };
    };
    const refusal = (source: string | null, count: number) => {
      return { source, flow: "flow/x", reason: "not-listed" as const, count, first: now - 9_000, last: now - 5_000 };
    };
    const overview = overviewAnswer(
      {
        pending: { number: 4, rollbackTo: 3, within: 60_000, deadline: now + 42_000 },
        refusals: [refusal("192.0.2.66", 12), refusal(null, 1)],
        attention: [
          { what: "journal", state: "failing", dropped: 3 },
          { what: "shield", state: "down", message: "The shield is down" },
          { what: "door-blocked", flow: "flow/x", endpoint: "e", message: "m" },
          { what: "depot-down", depot: 7, since: now - 300_000, flows: 30 },
          { what: "terminal-down", flow: "depot22-tpe03", since: now - 60_000, cause: "connect" },
          ends("g1", 4, 5),
          ends("g2", 1, 50),
          ...["a", "b", "c"].map((flow) => operation(flow, "closed")),
          operation("depot22-tpe02", "draining"),
          { what: "file-differs" },
        ],
      },
      [...Array.from({ length: 9 }, () => "closed" as const), "blocked", "down", "draining", "unheard"],
    );
    const trouble = { since: now, message: "Cannot reach the gateway" };
    const lines = texts({ frame: topFrame(undefined, { at: 0, overview, sessions: [] }), trouble });
    assert.match(lines[1] ?? "", /^no answer {2}since 2026-\S+, trying again$/);
    assert.equal(lines[2], "           Cannot reach the gateway");
    assert.deepEqual(lines.slice(4), [
      "pending    4 goes back to 3 in 42 s unless ecluse confirm comes",
      "flows      13: 1 down, 1 blocked, 9 closed, 1 draining, 1 not heard of yet",
      "sessions   1 open, at most 4096",
      "journal    failing, lacks 3 rows",
      "shield     down: The shield is down",
      "blocked    flow/x",
      "down       depot 7 (all 30 terminals heard of) for 5 m; depot22-tpe03 (connect) for 1 m",
      "refused    192.0.2.66 at flow/x 12 times (not-listed), 5 s ago; many at flow/x 1 time (not-listed), 5 s ago",
      "draining   depot22-tpe02",
      // The list of what needs attention ends somewhere; the count does not.
      "closed     a, b and 7 more",
      "expiring   g1: technician at 4 flows for 5 m; g2: technician at 1 flow for 50 m",
      "file       says something else than what runs: ecluse plan",
    ]);
  });

  test("before there is anything to compare with, rates are left open", () => {
    const lines = texts({ frame: topFrame(undefined, { at: 0, overview: overviewAnswer(), sessions: THREE }) });
    assert.equal(lines[3], "sessions   1 open, at most 4096");
    assert.match(lines[6] ?? "", /^depot22-tpe01 +203\.0\.113\.7 +1 m 30 s +- +- +5 B +0 B/);
  });

  test("fits every size: never a line too many or a character too wide", () => {
    const many = Array.from({ length: 100 }, (_, at) =>
      sessionAnswer({ flow: `flow/${"é".repeat(at)}`, duration: at }),
    );
    const frame = frameOf(overviewAnswer(), many);
    for (const columns of [0, 1, 2, 11, 40, 79, 80, 200]) {
      for (const rows of [0, 1, 2, 3, 5, 7, 8, 9, 10, 24, 104, 110, 200]) {
        for (const foot of ["q quit", undefined]) {
          const lines = texts({ frame, ...(foot === undefined ? {} : { foot }) }, columns, rows);
          assert.ok(lines.length <= rows, `${lines.length} lines at ${columns} x ${rows}`);
          if (foot !== undefined) assert.equal(lines.length, rows);
          for (const line of lines) assert.ok(Array.from(line).length <= columns, `"${line}" at ${columns} x ${rows}`);
          if (foot !== undefined && rows > 0 && columns > 6) assert.equal(lines.at(-1), foot);
        }
      }
    }
  });

  test("says how many sessions there was no room for", () => {
    const many = Array.from({ length: 100 }, (_, at) => sessionAnswer({ flow: `flow/n${at}`, duration: at }));
    const frame = frameOf(overviewAnswer(), many);
    const lines = texts({ frame, foot: "q quit" }, 120, 24);
    assert.match(lines[6] ?? "", /^FLOW /);
    assert.equal(lines.filter((line) => line.startsWith("flow/n")).length, 15);
    assert.equal(lines.at(-2), "and 85 more");
    assert.equal(texts({ frame }, 120, 107).at(-1)?.slice(0, 7), "flow/n0");
    assert.equal(texts({ frame }, 120, 106).at(-1), "and 2 more");
    assert.ok(
      texts({ frame, foot: "q" }, 120, 8).some((line) => line.startsWith("FLOW")),
      "a low terminal shows sessions",
    );
  });

  test("a name cannot steer the terminal", () => {
    const overview = overviewAnswer({ inventory: { number: 1, at: 0, author: "\u001b[2Jana", hash: "" } });
    const lines = texts({ frame: frameOf(overview, [sessionAnswer({ rule: "a\nb\u001b]0;x" })]), select: "\u0007" });
    assert.doesNotMatch(lines.join(""), /[\u0000-\u001f]/);
    assert.match(lines.join("\n"), /\\u\{1b\}\[2Jana/);
  });
});
