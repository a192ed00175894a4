import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import { type ConntrackEntry, parseConntrack } from "./conntrack-entry.ts";

// As conntrack 1.4.7 prints them.
const NEW =
  "[1795350416.014170]\t    [NEW] tcp      6 5 SYN_SENT src=192.0.2.44 dst=198.51.100.10 sport=58765 dport=10101 " +
  "[UNREPLIED] src=172.17.1.10 dst=172.17.240.9 sport=8888 dport=58766 id=3148449274";
const DELETED =
  "[1795350418.726788]\t[DESTROY] tcp      6 298 ESTABLISHED src=192.0.2.44 dst=198.51.100.10 sport=56533 dport=10101 " +
  "src=172.17.1.10 dst=172.17.240.9 sport=8888 dport=56533 [ASSURED] id=1719914947 [USERSPACE] portid=4281299250 progname=conntrack";
const LISTED =
  "tcp      6 118 TIME_WAIT src=192.0.2.44 dst=198.51.100.10 sport=33963 dport=10101 packets=6 bytes=340 " +
  "src=172.17.1.10 dst=172.17.240.9 sport=8888 dport=33963 packets=4 bytes=215 [ASSURED] mark=268435456 use=1 id=2016574614";

/** As it stands between others. */
function parse(line: string): ConntrackEntry | undefined {
  const before = "tcp      6 10 CLOSE src=203.0.113.9\n";
  const bytes = Buffer.from(`${before}${line}\n id=7 [USERSPACE] mark=9`);
  return parseConntrack(bytes, before.length, before.length + line.length);
}

const at = (address: string, port: number) => ({ address: parseAddress(address), port });

test("an event: what, when, who, to which door, to which target", () => {
  const entry = parse(NEW);
  assert.deepEqual(
    { ...entry, at: Math.round(entry?.at ?? 0) },
    {
      ...{ what: "NEW", at: 1795350416014, id: 3148449274, state: "SYN_SENT", mark: 0, deleted: false },
      source: at("192.0.2.44", 58765),
      endpoint: at("198.51.100.10", 10101),
      target: at("172.17.1.10", 8888),
      seenAs: at("172.17.240.9", 58766),
      bytes: undefined,
    },
  );
});

test("the end of an entry that a program deleted", () => {
  const entry = parse(DELETED);
  assert.deepEqual([entry?.what, entry?.state, entry?.deleted], ["DESTROY", "ESTABLISHED", true]);
});

test("a line of a listing: its mark, and its bytes where the host counts", () => {
  const entry = parse(LISTED);
  assert.deepEqual([entry?.what, entry?.at, entry?.mark], ["listed", undefined, 0x10000000]);
  assert.deepEqual(entry?.bytes, { toTarget: 340, toClient: 215 });
});

test("a state that is none, a mark beyond 31 bits, numbers of the reply's direction only", () => {
  const entry = parse(
    LISTED.replace("TIME_WAIT", "SYN_SENT2")
      .replace("mark=268435456", "mark=4160749568")
      .replace("packets=6 bytes=340 ", ""),
  );
  assert.deepEqual([entry?.state, entry?.mark, entry?.bytes], [undefined, 0xf8000000, undefined]);
});

for (const line of [
  "",
  "conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.",
  NEW.replace("src=", ""),
  NEW.replace(" sport=58765", ""),
  NEW.slice(0, NEW.indexOf(" id=")),
  NEW.replace("id=", ""),
  NEW.replace("172.17.1.10", "2001:db8::10"),
  LISTED.slice(0, LISTED.indexOf(" src=172.17")),
]) {
  test(`no entry: ${JSON.stringify(line.slice(0, 40))}`, () => assert.equal(parse(line), undefined));
}
