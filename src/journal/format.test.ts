import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Ipv4 } from "@ecluse/guard/address";
import { formatCsv, plainChange, plainRefusal, plainSession } from "./format.ts";

suite("formatCsv", () => {
  test("a header, CRLF, and quotes where RFC 4180 asks for them", () => {
    const rows = [
      { a: "plain", b: 'with "quotes", commas' },
      { a: "two\r\nlines", b: null },
    ];
    assert.equal(formatCsv(["a", "b"], rows), 'a,b\r\nplain,"with ""quotes"", commas"\r\n"two\r\nlines",\r\n');
  });

  const cells = [
    ["=1+1", "'=1+1"],
    ["+33 1", "'+33 1"],
    ["-2", "'-2"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    ["a=b", "a=b"],
    [-2, "-2"],
  ] as const;
  for (const [value, expected] of cells) {
    test(`${JSON.stringify(value)} is written ${expected}`, () => {
      assert.equal(formatCsv(["a"], [{ a: value }]), `a\r\n${expected}\r\n`);
    });
  }

  test("what is written is read back by a reader of RFC 4180", () => {
    const table = fc.array(fc.record({ a: fc.string({ unit: "binary" }), b: fc.string() }));
    fc.assert(
      fc.property(table, (rows) => {
        const [, ...lines] = parseCsv(formatCsv(["a", "b"], rows));
        const plain = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
        assert.deepEqual(
          lines,
          rows.map(({ a, b }) => [plain(a), plain(b)]),
        );
      }),
    );
  });
});

test("plainSession spells everything out", () => {
  const plain = plainSession({
    id: "0.0",
    flow: "depot22-tpe03",
    endpoint: { address: 0xc633640a as Ipv4, port: 12203 },
    source: 0xcb007107 as Ipv4,
    target: { address: 0xac11160c as Ipv4, port: 8888 },
    rule: "odoo",
    startedAt: 0,
    duration: 1_500,
    bytesToTarget: 1,
    bytesToClient: 2,
    outcome: "closed",
    by: "client",
  });
  assert.deepEqual(Object.values(plain), [
    "0.0",
    "1970-01-01T00:00:00.000Z",
    "1970-01-01T00:00:01.500Z",
    1_500,
    "depot22-tpe03",
    "203.0.113.7",
    "odoo",
    "198.51.100.10:12203",
    "172.17.22.12:8888",
    1,
    2,
    "closed",
    "client",
    null,
  ]);
});

test("a row with a hopeless clock is still written", () => {
  const rank = { count: 2, first: 0, last: 9e15, reasons: { "not-listed": 1, expired: 1 } };
  assert.equal(
    JSON.stringify(plainRefusal(rank)),
    `{"source":null,"flow":null,"count":2,"first":"1970-01-01T00:00:00.000Z","last":"9000000000000000","reasons":"not-listed: 1, expired: 1"}`,
  );
});

test("plainChange gives its detail as JSON", () => {
  const change = { seq: 1, at: 0, by: "alice", action: "grant", subject: "", detail: { for: "2h" }, hash: "ab" };
  assert.equal(plainChange(change)["detail"], '{"for":"2h"}');
});

/** The grammar of RFC 4180, section 2, character by character. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (text[at] === '"') at += 1;
        cell += text[at] ?? "";
      }
      at += 1;
    } else for (; text[at] !== "," && text[at] !== "\r"; at += 1) cell += text[at] ?? "";
    row.push(cell);
    if (text[at] === ",") at += 1;
    else {
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
