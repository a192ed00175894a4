import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { containerLines } from "./container-log.ts";
import { gatewayLines } from "./gateway-log.ts";
import { inOrder } from "./log-line.ts";
import { instantOf, ufwLines } from "./ufw-log.ts";

const NOW = Date.parse("2026-01-02T12:00:00Z");
const BLOCKED =
  "[12345.678] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00 SRC=192.0.2.66 DST=198.51.100.10 LEN=60 TOS=0x00 PREC=0x00 TTL=54 ID=1 DF PROTO=TCP SPT=40000 DPT=12203 WINDOW=64240 RES=0x00 SYN URGP=0";

suite("ufwLines", () => {
  const isDoor = (address: string, port: number): boolean => address === "198.51.100.10" && port === 12203;

  test("both stamps; other ports and other lines are left out", () => {
    const text = [
      `2026-01-02T10:00:00.123456+01:00 gateway kernel: ${BLOCKED}`,
      `Jan  2 09:30:00 gateway kernel: ${BLOCKED}`,
      `Jan  2 09:30:00 gateway kernel: ${BLOCKED.replace("DPT=12203", "DPT=22")}`,
      "Jan  2 09:30:00 gateway kernel: something else",
      "",
    ].join("\n");
    const lines = ufwLines(text, { isDoor, now: NOW });
    assert.equal(lines.length, 2);
    assert.deepEqual(lines[0], {
      at: Date.parse("2026-01-02T09:00:00.123Z"),
      from: "ufw.log",
      text: "UFW block: 192.0.2.66 to 198.51.100.10:12203 TCP",
    });
    assert.equal(lines[1]?.at, new Date(2026, 0, 2, 9, 30).getTime());
  });

  test("a stamp without a year is of the year in which it is past", () => {
    assert.equal(instantOf("Dec 31 23:59:59", NOW), new Date(2025, 11, 31, 23, 59, 59).getTime());
    assert.equal(instantOf("Jan  2 01:02:03", NOW), new Date(2026, 0, 2, 1, 2, 3).getTime());
    assert.equal(instantOf("not a stamp", NOW), undefined);
  });
});

test("gatewayLines: doors of these flows and the gateway's own; sessions are the journal's; what is no JSON is left out", () => {
  const text = [
    '{"time":"2026-01-02T10:00:00Z","event":"ready","doors":3}',
    '2026-01-02T10:00:01Z {"time":"2026-01-02T10:00:01Z","event":"blocked","flow":"depot22-tpe03","cause":"EADDRINUSE"}',
    '{"time":"2026-01-02T10:00:02Z","event":"blocked","flow":"depot01-tpe01"}',
    '{"time":"2026-01-02T10:00:03Z","event":"session","flow":"depot22-tpe03"}',
    "{half",
    "plain",
  ].join("\n");
  assert.deepEqual(
    gatewayLines(text, { from: "ecluse", has: (flow) => flow === "depot22-tpe03" }).map(({ text: said }) => said),
    ["ready doors=3", "blocked flow=depot22-tpe03 cause=EADDRINUSE"],
  );
});

test("containerLines, and all in order of time", () => {
  const lines = containerLines("2026-01-02T10:00:01.5Z two\nnone\n2026-01-02T10:00:00Z one\n", "depot22-tpe03");
  assert.deepEqual(
    inOrder([lines]).map(({ from, text }) => [from, text]),
    [
      ["docker depot22-tpe03", "one"],
      ["docker depot22-tpe03", "two"],
    ],
  );
});
