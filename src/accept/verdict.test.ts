import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Cell } from "./cell.ts";
import type { Heard } from "./knock.ts";
import { type Evidence, judgeAll } from "./verdict.ts";

const RELAYED = { flow: "f", kind: "relayed", host: "h", port: 1, vantage: "v", from: "a" } as const;
const VISIT: Cell = { ...RELAYED, case: "authorised", expect: "connect", source: "till" };
const STRANGER: Cell = { ...RELAYED, case: "stranger", expect: "refuse" };
const ASK: Cell = { ...VISIT, kind: "local", http: true };
const INTRUDE: Cell = { ...STRANGER, kind: "local", http: true };
const OVER_IPV6: Cell = { ...STRANGER, case: "ipv6" };

/** A neighbour in the same flow that shows that somebody listens there. */
const LIFE = { cell: VISIT, heard: { how: "open" }, evidence: letIn("till", "closed") } as const;

function letIn(rule: string, outcome: string): Evidence {
  return { session: { rule, outcome }, refused: false };
}

const REFUSED: Evidence = { refused: true };
const UNKNOWN: Evidence = { refused: false };

type Row = readonly [string, Cell, Heard, Evidence | undefined, string];

suite("judgeAll", () => {
  const table: readonly Row[] = [
    ["let in by its rule", VISIT, { how: "open" }, letIn("till", "closed"), "passed open"],
    ["let in by another", VISIT, { how: "open" }, letIn("any", "closed"), "failed other-rule any"],
    ["the terminal is dark", VISIT, { how: "reset" }, letIn("till", "dial-failed"), "failed not-reached dial-failed"],
    ["refused", VISIT, { how: "reset" }, UNKNOWN, "failed reset"],
    ["nobody listens", VISIT, { how: "refused" }, UNKNOWN, "failed refused"],
    ["another program took the port", VISIT, { how: "open" }, UNKNOWN, "failed not-in-journal"],
    ["a stranger, refused", STRANGER, { how: "reset" }, REFUSED, "passed reset"],
    ["refused by something else", STRANGER, { how: "reset" }, UNKNOWN, "failed not-in-journal"],
    ["dropped on the way", STRANGER, { how: "no-answer" }, UNKNOWN, "passed no-answer"],
    ["a stranger, inside", STRANGER, { how: "open" }, letIn("any", "closed"), "failed let-in any"],
    [
      "a stranger, let in to a dark terminal",
      STRANGER,
      { how: "reset" },
      letIn("any", "dial-failed"),
      "failed let-in any",
    ],
    ["a stranger, held open", STRANGER, { how: "open" }, UNKNOWN, "failed open"],
    ["no way to try", STRANGER, { how: "no-way", why: "EINVAL" }, UNKNOWN, "not-tried EINVAL !no-way"],
    ["IPv6 refused", OVER_IPV6, { how: "refused" }, undefined, "passed refused"],
    ["IPv6 open", OVER_IPV6, { how: "open" }, undefined, "failed open"],
    ["a service answers", ASK, { how: "open", status: 200 }, undefined, "passed status 200"],
    ["a service forbids", ASK, { how: "open", status: 403 }, undefined, "failed status 403"],
    ["403 to a stranger", INTRUDE, { how: "open", status: 403 }, undefined, "passed status 403"],
    ["404 to a stranger is an answer", INTRUDE, { how: "open", status: 404 }, undefined, "failed status 404"],
    ["closed without a byte", INTRUDE, { how: "ended" }, undefined, "passed ended"],
  ];
  for (const [name, cell, heard, evidence, expected] of table) {
    test(name, () => {
      const tried = { cell, heard, ...(evidence === undefined ? {} : { evidence }) };
      const [{ verdict, found, detail, skip } = assert.fail()] = judgeAll([tried, LIFE]);
      const parts = [verdict, found, detail, skip && `!${skip}`];
      assert.equal(parts.filter((part) => part !== undefined).join(" "), expected);
    });
  }

  test("a refusal by a door that gave no sign of life proves nothing", () => {
    for (const how of ["refused", "no-answer"] as const) {
      const [{ verdict, skip } = assert.fail()] = judgeAll([{ cell: INTRUDE, heard: { how } }]);
      assert.deepEqual([verdict, skip], ["not-tried", "unproven"]);
    }
  });
});
