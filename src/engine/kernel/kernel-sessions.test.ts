/** What becomes of conntrack's words, event by event; that the kernel says them so is tried in `test/netns/engines`. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ipv4 } from "../../../test/support/loopback.ts";
import { policyOf, systemClock } from "../../../test/support/relay.ts";
import { endpointKey } from "../../policy/policy.ts";
import type { Policy } from "../../policy/policy.ts";
import type { SessionRecord } from "../records.ts";
import type { ConntrackEntry } from "./conntrack/conntrack-entry.ts";
import { KernelSessions } from "./kernel-sessions.ts";
import { MARKS } from "./table/marks.ts";

const DOOR = { address: ipv4("198.51.100.10"), port: 10_101 };
const TERMINAL = { address: ipv4("172.17.1.10"), port: 8_888 };
const BYTES = { toTarget: 340, toClient: 215 };
const { bothEnded, clientEnded, targetEnded, clientReset, targetReset } = MARKS;

interface Scene {
  readonly sessions: KernelSessions;
  readonly ended: SessionRecord[];
  readonly forgotten: ConntrackEntry[];
  readonly policies: { now: Policy; before: Policy | undefined };
  readonly say: (what: Partial<ConntrackEntry>) => void;
  readonly list: (...lines: readonly Partial<ConntrackEntry>[]) => void;
}

suite("what conntrack says of a session", () => {
  for (const [what, words, expected] of [
    ["the client ends, then the terminal", { state: "LAST_ACK", mark: clientEnded | bothEnded }, ["closed", "client"]],
    ["the terminal ends, then the client", { state: "LAST_ACK", mark: targetEnded | bothEnded }, ["closed", "target"]],
    ["the last packet was quicker", { state: "TIME_WAIT", mark: clientEnded | bothEnded }, ["closed", "client"]],
    ["the client resets", { state: "CLOSE", mark: clientReset }, ["reset", "client"]],
    ["the terminal resets", { state: "CLOSE", mark: targetReset }, ["reset", "target"]],
    ["the client ends, the terminal resets", { state: "CLOSE", mark: clientEnded | targetReset }, ["reset", "target"]],
    ["its time runs out", { what: "DESTROY", state: "ESTABLISHED" }, ["idle", "gateway"]],
    ["somebody deletes it", { what: "DESTROY", state: "ESTABLISHED", deleted: true }, ["unknown", "gateway"]],
  ] as const) {
    test(what, () => {
      const { sessions, ended, say } = sceneOf();
      say({ what: "NEW", state: "SYN_SENT", at: 1_000 });
      say({ state: "SYN_RECV", at: 1_004 });
      assert.deepEqual(
        sessions.snapshots.map(({ phase, dial }) => [phase, dial]),
        [["open", 4]],
      );
      say({ at: 2_000, ...words });
      assert.deepEqual(
        ended.map(({ outcome, by }) => [outcome, by]),
        [expected],
      );
      assert.deepEqual([sessions.size, sessions.at(endpointKey(TERMINAL.address, TERMINAL.port))], [0, []]);
    });
  }

  for (const [what, words] of [
    ["the first direction ends", { state: "FIN_WAIT", mark: clientEnded }],
    ["both seem to, and one does not yet", { state: "LAST_ACK", mark: clientEnded }],
    ["a reset that nobody believes", { state: "ESTABLISHED", mark: clientReset }],
  ] as const) {
    test(`${what}: it is not over`, () => {
      const { sessions, ended, say } = sceneOf();
      say({ what: "NEW", state: "SYN_SENT" });
      say({ state: "SYN_RECV" });
      say(words);
      assert.deepEqual([sessions.size, ended.length], [1, 0]);
    });
  }

  test("a terminal that refuses, one that does not answer", () => {
    const { ended, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT", id: 1 });
    say({ state: "CLOSE", mark: targetReset, id: 1 });
    say({ what: "NEW", state: "SYN_SENT", id: 2 });
    say({ what: "DESTROY", state: "SYN_SENT", id: 2 });
    assert.deepEqual(
      ended.map(({ outcome, by, cause }) => [outcome, by, cause]),
      [
        ["dial-failed", "target", "ECONNREFUSED"],
        ["dial-failed", "gateway", "connect"],
      ],
    );
  });

  test("a list that is read before the event of one's coming: one session, not two", () => {
    const { sessions, ended, list, say } = sceneOf();
    list({ state: "ESTABLISHED" });
    say({ what: "NEW", state: "SYN_SENT" });
    assert.deepEqual([sessions.size, ended.length], [1, 0]);
    say({ state: "LAST_ACK", mark: clientEnded | bothEnded });
    assert.deepEqual([sessions.size, ended.length], [0, 1]);
  });

  test("a number that comes again with another till: the end of the first was missed", () => {
    const { sessions, ended, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT" });
    say({ what: "NEW", state: "SYN_SENT", source: { address: ipv4("192.0.2.44"), port: 40_002 } });
    assert.deepEqual([sessions.size, ended.length], [1, 1]);
  });

  test("in neither of two lists: over, and nobody knows how", () => {
    const { ended, list, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT" });
    say({ state: "SYN_RECV" });
    list();
    assert.equal(ended.length, 0);
    list();
    assert.deepEqual(
      ended.map(({ outcome }) => outcome),
      ["unknown"],
    );
  });
});

suite("bytes of a session that is over", () => {
  const END = { state: "LAST_ACK", mark: clientEnded | bothEnded } as const;
  const told = ({ bytesToTarget, bytesToClient, cause }: SessionRecord): readonly unknown[] => [
    bytesToTarget,
    bytesToClient,
    cause,
  ];

  test("the host does not count: told at once, with the cause", () => {
    const { ended, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT" });
    say(END);
    assert.deepEqual(ended.map(told), [[0, 0, "bytes-not-counted"]]);
  });

  test("the host counts: told with the next list, its place free at once", () => {
    const { sessions, ended, list, say } = sceneOf(true);
    say({ what: "NEW", state: "SYN_SENT", at: 1_000 });
    say({ state: "SYN_RECV", at: 1_001 });
    list({ state: "ESTABLISHED", bytes: { toTarget: 60, toClient: 60 } });
    say(END);
    assert.deepEqual([sessions.size, sessions.uncounted, ended.length], [0, 1, 0]);
    list({ ...END, state: "TIME_WAIT", bytes: BYTES });
    assert.deepEqual(ended.map(told), [[340, 215, undefined]]);
    assert.equal(sessions.uncounted, 0);
    list({ ...END, state: "TIME_WAIT", bytes: BYTES });
    assert.equal(ended.length, 1);
  });

  test("the entry itself ends: its event says how many", () => {
    const { ended, say } = sceneOf(true);
    say({ what: "NEW", state: "SYN_SENT" });
    say({ state: "SYN_RECV" });
    say({ what: "DESTROY", state: "ESTABLISHED", bytes: BYTES });
    assert.deepEqual(ended.map(told), [[340, 215, undefined]]);
  });

  test("the next list shows it no more, or says nothing: without, and said so", () => {
    const { ended, list, say } = sceneOf(true);
    say({ what: "NEW", state: "SYN_SENT", id: 1 });
    say({ ...END, id: 1 });
    say({ what: "NEW", state: "SYN_SENT", id: 2 });
    say({ ...END, id: 2 });
    list({ ...END, id: 2 });
    assert.deepEqual(ended.map(told), [
      [0, 0, "bytes-not-counted"],
      [0, 0, "bytes-not-counted"],
    ]);
  });

  test("it ends while a list is read: that one may be too early, the next is not", () => {
    const { sessions, ended, list, say } = sceneOf(true);
    say({ what: "NEW", state: "SYN_SENT" });
    const { saw, ended: readToItsEnd } = sessions.listing();
    say(END);
    saw(entryOf({ what: "listed", state: "ESTABLISHED", bytes: { toTarget: 60, toClient: 60 } }));
    readToItsEnd();
    assert.equal(ended.length, 0);
    list({ ...END, bytes: BYTES });
    assert.deepEqual(ended.map(told), [[340, 215, undefined]]);
  });

  test("nobody will read another list: without", () => {
    const { sessions, ended, say } = sceneOf(true);
    say({ what: "NEW", state: "SYN_SENT" });
    say(END);
    sessions.close();
    assert.deepEqual(ended.map(told), [[0, 0, "bytes-not-counted"]]);
  });
});

suite("whom the gateway ends", () => {
  test("is asked for again until it is heard that it has: nobody may have been there to hear", () => {
    const { sessions, ended, forgotten, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT" });
    say({ state: "SYN_RECV" });
    sessions.cutAll("revoked");
    assert.equal(forgotten.length, 1);
    sessions.sweep({ wall: 0, monotonic: 0 });
    sessions.sweep({ wall: 0, monotonic: 0 });
    assert.equal(forgotten.length, 3);
    say({ what: "DESTROY", state: "ESTABLISHED", deleted: true });
    sessions.sweep({ wall: 0, monotonic: 0 });
    assert.equal(forgotten.length, 3);
    assert.deepEqual(
      ended.map(({ outcome, by }) => [outcome, by]),
      [["revoked", "gateway"]],
    );
  });

  test("and of whom nothing is heard is told when nobody waits any more", () => {
    const { sessions, ended, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT" });
    say({ state: "SYN_RECV" });
    sessions.cutAll("drained");
    sessions.endAll();
    assert.deepEqual([sessions.size, ended.map(({ outcome }) => outcome)], [0, ["drained"]]);
  });

  test("came in by a door while that was being closed: is told of, and must leave", () => {
    const { sessions, ended, forgotten, policies, say } = sceneOf();
    policies.before = policies.now;
    policies.now = policyOf([]);
    say({ what: "NEW", state: "SYN_SENT" });
    assert.deepEqual(
      sessions.snapshots.map(({ leaving }) => leaving),
      [true],
    );
    sessions.sweep({ wall: 0, monotonic: Infinity });
    assert.equal(forgotten.length, 1);
    say({ what: "DESTROY", state: "SYN_SENT", deleted: true });
    assert.deepEqual(
      ended.map(({ flow, outcome }) => [flow, outcome]),
      [["flow/test-0", "revoked"]],
    );
  });
});

suite("another connection with the same number", () => {
  const OTHER = { source: { address: ipv4("203.0.113.7"), port: 40_009 } };

  test("is in a list, changes or ends: nothing of ours has", () => {
    const { sessions, ended, list, say } = sceneOf();
    say({ what: "NEW", state: "SYN_SENT" });
    say({ state: "SYN_RECV" });
    list({ state: "TIME_WAIT", ...OTHER });
    say({ state: "CLOSE", ...OTHER });
    say({ what: "DESTROY", ...OTHER });
    assert.deepEqual([sessions.size, ended.length], [1, 0]);
  });

  test("has bytes: they are not ours", () => {
    const { ended, list, say } = sceneOf(true);
    say({ what: "NEW", state: "SYN_SENT" });
    say({ state: "LAST_ACK", mark: clientEnded | bothEnded });
    say({ what: "DESTROY", bytes: BYTES, ...OTHER });
    assert.equal(ended.length, 0);
    list({ state: "TIME_WAIT", bytes: BYTES });
    assert.deepEqual(
      ended.map(({ bytesToTarget }) => bytesToTarget),
      [340],
    );
  });
});

function sceneOf(isCounting = false): Scene {
  const policies: Scene["policies"] = {
    now: policyOf([{ listen: DOOR, target: TERMINAL, allow: ["192.0.2.0/24"] }]),
    before: undefined,
  };
  const ended: SessionRecord[] = [];
  const forgotten: ConntrackEntry[] = [];
  const sessions = new KernelSessions({
    clock: systemClock,
    policy: () => policies.now,
    policyBefore: () => policies.before,
    began: () => undefined,
    ended: (record) => ended.push(record),
    forget: (entry) => forgotten.push(entry),
    changed: () => undefined,
    isCounting: () => isCounting,
  });
  return {
    sessions,
    ended,
    forgotten,
    policies,
    say: (what) => sessions.happened(entryOf(what)),
    list: (...lines) => {
      const listing = sessions.listing();
      for (const line of lines) listing.saw(entryOf({ ...line, what: "listed" }));
      listing.ended();
    },
  };
}

function entryOf(what: Partial<ConntrackEntry>): ConntrackEntry {
  return {
    what: "UPDATE",
    at: what.what === "listed" ? undefined : 1_000,
    id: 7,
    state: undefined,
    source: { address: ipv4("192.0.2.44"), port: 40_001 },
    endpoint: DOOR,
    target: TERMINAL,
    seenAs: { address: ipv4("172.17.240.9"), port: 40_001 },
    mark: 0,
    deleted: false,
    bytes: undefined,
    ...what,
  };
}
