import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sessionAnswer, statusAnswer } from "../../test/support/top-answers.ts";
import type { SessionAnswer } from "../answers/sessions.ts";
import type { StatusAnswer } from "../answers/status.ts";
import { type TopFrame, topFrame } from "./top-frame.ts";
import { type TopView, topScreen } from "./top-screen.ts";

function frameOf(status: StatusAnswer, sessions: readonly SessionAnswer[] = []): TopFrame {
  const earlier = sessions.map((session) => ({ ...session, bytesToTarget: 0, bytesToClient: 0 }));
  return topFrame({ at: 0, status, sessions: earlier }, { at: 1_000, status, sessions });
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
    const lines = texts({ frame: frameOf(statusAnswer(), THREE), select: "depot22", foot: "q quit" }, 120, 20);
    assert.equal(lines.length, 20);
    assert.match(lines[0] ?? "", /^ecluse top depot22, 2026-11-01T/);
    assert.match(lines[1] ?? "", /^inventory {2}3, applied 2026-\S+ by ana$/);
    assert.deepEqual(lines.slice(2, 11), [
      "doors      40 open, 0 blocked",
      "sessions   1 open, at most 4096; at the gateway 0.0 let in and 0.0 refused per second",
      "traffic    1.2 kB/s to the targets, 300 B/s back",
      "journal    writing",
      "",
      "FLOW           SOURCE       AGE       TO IT/S   BACK/S   TO IT   BACK   PHASE             RULE",
      "depot22-tpe02  203.0.113.7  30 s      1.2 kB/s  300 B/s  1.2 kB  300 B  open              odoo",
      "depot22-tpe01  203.0.113.7  1 m 30 s  5 B/s     0 B/s    5 B     0 B    open              odoo",
      "depot22-tpe03  203.0.113.7  1 m       0 B/s     0 B/s    0 B     0 B    waiting, leaving  odoo",
    ]);
    assert.deepEqual(lines.slice(11), [...Array.from({ length: 8 }, () => ""), "q quit"]);
  });

  test("oldest first, where that is asked", () => {
    const lines = texts({ frame: frameOf(statusAnswer(), THREE), order: "oldest" });
    assert.deepEqual(
      lines.slice(8).map((line) => line.slice(0, 13)),
      ["depot22-tpe01", "depot22-tpe03", "depot22-tpe02"],
    );
  });

  test("what is pending, blocked, drained, closed, about to expire, or lost", () => {
    const now = statusAnswer().now;
    const operation = (flow: string, state: "closed" | "draining") => ({ flow, state, by: "ana", at: now });
    const grant = (id: string, minutes: number) => {
      return {
        id,
        source: "technician",
        flows: ["a", "b", "c", "d"],
        until: now + minutes * 60_000,
        reason: "x",
        by: "ana",
        at: now,
      };
    };
    const status = statusAnswer({
      pending: { number: 4, rollbackTo: 3, within: 60_000, deadline: now + 42_000 },
      doors: { open: 39, blocked: [{ event: "blocked", flow: "flow/x", endpoint: "e", message: "m" }] },
      operations: [operation("depot22-tpe01", "closed"), operation("depot22-tpe02", "draining")],
      grants: { list: [grant("g2", 90), grant("g1", 5)], aside: [] },
      journal: { ...statusAnswer().journal, state: "failing", dropped: { sessions: 2, refusals: 0, changes: 1 } },
    });
    const trouble = { since: now, message: "Cannot reach the gateway" };
    const lines = texts({ frame: topFrame(undefined, { at: 0, status, sessions: [] }), trouble });
    assert.match(lines[1] ?? "", /^no answer {2}since 2026-\S+, trying again$/);
    assert.equal(lines[2], "           Cannot reach the gateway");
    assert.deepEqual(lines.slice(4), [
      "pending    4 goes back to 3 in 42 s unless ecluse confirm comes",
      "doors      39 open, 1 blocked: flow/x",
      "sessions   1 open, at most 4096",
      "journal    failing, lacks 3 rows",
      "draining   depot22-tpe02",
      "closed     depot22-tpe01",
      "expiring   g1: technician at a, b and 2 more for 5 m; g2: technician at a, b and 2 more for 1 h 30 m",
    ]);
  });

  test("before there is anything to compare with, rates are left open", () => {
    const lines = texts({ frame: topFrame(undefined, { at: 0, status: statusAnswer(), sessions: THREE }) });
    assert.equal(lines[3], "sessions   1 open, at most 4096");
    assert.match(lines[7] ?? "", /^depot22-tpe01 +203\.0\.113\.7 +1 m 30 s +- +- +5 B +0 B/);
  });

  test("fits every size: never a line too many or a character too wide", () => {
    const many = Array.from({ length: 100 }, (_, at) =>
      sessionAnswer({ flow: `flow/${"é".repeat(at)}`, duration: at }),
    );
    const frame = frameOf(statusAnswer(), many);
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
    const frame = frameOf(statusAnswer(), many);
    const lines = texts({ frame, foot: "q quit" }, 120, 24);
    assert.match(lines[7] ?? "", /^FLOW /);
    assert.equal(lines.filter((line) => line.startsWith("flow/n")).length, 14);
    assert.equal(lines.at(-2), "and 86 more");
    assert.equal(texts({ frame }, 120, 108).at(-1)?.slice(0, 7), "flow/n0");
    assert.equal(texts({ frame }, 120, 107).at(-1), "and 2 more");
    assert.ok(
      texts({ frame, foot: "q" }, 120, 8).some((line) => line.startsWith("FLOW")),
      "a low terminal shows sessions",
    );
  });

  test("a name cannot steer the terminal", () => {
    const status = statusAnswer({ inventory: { number: 1, at: 0, author: "\u001b[2Jana", hash: "" } });
    const lines = texts({ frame: frameOf(status, [sessionAnswer({ rule: "a\nb\u001b]0;x" })]), select: "\u0007" });
    assert.doesNotMatch(lines.join(""), /[\u0000-\u001f]/);
    assert.match(lines.join("\n"), /\\u\{1b\}\[2Jana/);
  });
});
