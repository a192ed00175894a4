/**
 * One suite for every engine: what a policy says holds, whoever carries the bytes. A test for each row of the capability
 * table (`src/inventory/engines.ts`); where the kernel does it differently, the test tries exactly what the table says;
 * what it cannot do, `check` refuses (`test/fixtures/inventory`). The network is drawn in `crossing.ts`.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatAddress } from "@ecluse/guard/address";
import { CAPABILITIES, type CapabilityName } from "../../../src/inventory/engines.ts";
import { until } from "../../support/loopback.ts";
import { needs } from "../../support/packages.ts";
import type { EngineState } from "./engine-process.ts";
import { Crossing, GATEWAY, type Kind, PORT, STRANGER, TERMINALS, TILL, flow } from "./crossing.ts";

/** The kernel engine looks at its rules every five seconds, and at all of them once changes have settled. In milliseconds. */
const TWO_LOOKS = 11_000;

const skip = needs(["iproute2", "nftables", "conntrack"], { root: true });

const ROWS: Partial<Record<CapabilityName, (crossing: Crossing, kind: Kind) => Promise<void>>> = {
  permit: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    const { open } = await engine.until((state) => state.open[0]?.phase === "open");
    assert.deepEqual(
      open.map(({ flow: id, source, rule }) => [id, formatAddress(source), rule]),
      [["flow/10101", TILL, `${TILL}/32`]],
    );
    await crossing.leave(entered, "terminal");
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, by, target }) => [outcome, by, formatAddress(target.address)]),
      [["closed", "target", TERMINALS[0]]],
    );
  },

  refuse: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    assert.match(await crossing.knock("x", { port: 10_101, from: STRANGER }), /ECONNRE/);
    assert.deepEqual(crossing.terminal.unseen("accepted"), []);
    const { refused } = await engine.until((state) => state.refused.length > 0);
    assert.deepEqual(
      refused.map(({ flow: id, source, outcome, reason }) => [id, addressOf(source), outcome, reason]),
      [["flow/10101", STRANGER, "denied", "not-listed"]],
    );
  },

  transparent: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    // Every byte there is, and no two stretches alike.
    const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
    const long = Array.from({ length: 1_000 }, (_, index) => `${index}${all}`).join("");
    crossing.till.tell({ do: "say", name: "a", text: long });
    // Both at once.
    const back = long.slice(1_000);
    crossing.terminal.tell({ do: "say", name: entered.there, text: back });
    await crossing.terminal.hear(entered.there, long);
    await crossing.till.hear("a", back);
  },

  "half-close": async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    crossing.till.tell({ do: "say", name: "a", text: "question" });
    crossing.till.tell({ do: "end", name: "a" });
    await crossing.terminal.hear(entered.there, "question");
    await crossing.terminal.event("ended", entered.there);
    assert.equal((await engine.state()).ended.length, 0);
    crossing.terminal.tell({ do: "say", name: entered.there, text: "answer" });
    await crossing.till.hear("a", "answer");
    crossing.terminal.tell({ do: "end", name: entered.there });
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, by }) => [outcome, by]),
      [["closed", "client"]],
    );
  },

  reset: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101), flow(10_102)]);
    const first = await crossing.enter("a", 10_101);
    await crossing.exchange(first);
    crossing.till.tell({ do: "reset", name: "a" });
    assert.equal((await crossing.terminal.event("failed", first.there)).code, "ECONNRESET");
    const second = await crossing.enter("b", 10_102);
    await crossing.exchange(second);
    crossing.terminal.tell({ do: "reset", name: second.there });
    assert.equal((await crossing.till.event("failed", "b")).code, "ECONNRESET");
    const { ended } = await engine.until((state) => state.ended.length === 2);
    assert.deepEqual(
      ended.map(({ flow: id, outcome, by }) => [id, outcome, by]),
      [
        ["flow/10101", "reset", "client"],
        ["flow/10102", "reset", "target"],
      ],
    );
  },

  bytes: async (crossing, kind) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered, "1234567");
    await crossing.leave(entered, "till");
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ bytesToTarget, bytesToClient, cause }) => [bytesToTarget, bytesToClient, cause]),
      [kind === "kernel" ? [0, 0, "bytes-not-counted"] : [7, 13, undefined]],
    );
    if (kind === "relay") return;
    crossing.gateway.run("sh", "-c", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct");
    const counted = await crossing.enter("b", 10_101);
    await crossing.exchange(counted, "1234567");
    // Seven bytes and thirteen, and at least the header of one packet each.
    const isCounted = ({ open: [session] }: EngineState): boolean =>
      (session?.bytesToTarget ?? 0) >= 7 + 40 && (session?.bytesToClient ?? 0) >= 13 + 40;
    await engine.until(isCounted);
    await crossing.leave(counted, "till");
    const last = (await engine.until((state) => state.ended.length === 2)).ended[1];
    assert.equal(last?.cause, undefined);
    assert.ok(last !== undefined && last.bytesToTarget >= 47 && last.bytesToClient >= 53);
  },

  aliases: async (crossing) => {
    const engine = crossing.start();
    const twice = { ...flow(10_101), listen: [flow(10_101).listen, flow(9_001).listen].flat(), sessions: 1 };
    await engine.apply([twice]);
    const entered = await crossing.enter("a", 9_001);
    await crossing.exchange(entered);
    assert.match(await crossing.knock("b", { port: 10_101, from: TILL }), /ECONNRE/);
  },

  places: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101, { sessions: 1 })]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    assert.match(await crossing.knock("b", { port: 10_101, from: TILL }), /ECONNRE/);
    const { refused } = await engine.until((state) => state.refused.length > 0);
    assert.deepEqual(
      refused.map(({ outcome, reason }) => [outcome, reason]),
      [["busy", "terminal"]],
    );
    await crossing.leave(entered, "till");
    await crossing.exchange(await crossing.enter("c", 10_101));
  },

  "per-source": async (crossing) => {
    const engine = crossing.start();
    const third = "198.51.100.20";
    const allow = [TILL, STRANGER, third].map((source) => `${source}/32`);
    await engine.apply([flow(10_101, { allow }), flow(10_102, { allow })], { perSource: 1, sessions: 2 });
    const first = await crossing.enter("a", 10_101);
    await crossing.exchange(first);
    assert.match(await crossing.knock("b", { port: 10_102, from: TILL }), /ECONNRE/);
    // Another source is let in, up to the gateway's own limit.
    const second = await crossing.enter("c", 10_102, STRANGER);
    await crossing.exchange(second);
    assert.match(await crossing.knock("d", { port: 10_101, from: third }), /ECONNRE/);
    const { refused } = await engine.until((state) => state.refused.length > 1);
    assert.deepEqual(
      refused.map(({ outcome, reason }) => [outcome, reason]),
      [
        ["overload", "source"],
        ["overload", "sessions"],
      ],
    );
    // Each place is free again once it has been left.
    await crossing.leave(first, "till");
    await engine.until((state) => state.ended.length === 1);
    await crossing.exchange(await crossing.enter("e", 10_102));
  },

  grants: async (crossing) => {
    const engine = crossing.start();
    const past = Date.now() - 1_000;
    await engine.apply([
      flow(10_101, { allow: [{ source: `${TILL}/32`, until: Date.now() + 3_600_000 }] }),
      flow(10_102, { allow: [{ source: `${TILL}/32`, until: past }] }),
      flow(10_103, { allow: [{ source: `${TILL}/32`, until: Date.now() + 5_000 }], onRevoke: "cut" }),
    ]);
    await crossing.exchange(await crossing.enter("a", 10_101));
    assert.match(await crossing.knock("b", { port: 10_102, from: TILL }), /ECONNRE/);
    await crossing.exchange(await crossing.enter("c", 10_103));
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ flow: id, outcome, by }) => [id, outcome, by]),
      [["flow/10103", "expired", "gateway"]],
    );
    assert.match(await crossing.knock("d", { port: 10_103, from: TILL }), /ECONNRE/);
  },

  "revoke-cut": async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101, { onRevoke: "cut" }), flow(10_102)]);
    const entered = await crossing.enter("a", 10_101);
    const neighbour = await crossing.enter("n", 10_102);
    await crossing.exchange(entered);
    await engine.apply([flow(10_101, { onRevoke: "cut", allow: [`${STRANGER}/32`] }), flow(10_102)]);
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, by }) => [outcome, by]),
      [["revoked", "gateway"]],
    );
    // In either engine, both know as soon as they say something.
    crossing.till.tell({ do: "say", name: "a", text: "late" });
    crossing.terminal.tell({ do: "say", name: entered.there, text: "late" });
    await crossing.till.event("closed", "a");
    await crossing.terminal.event("closed", entered.there);
    assert.deepEqual(crossing.terminal.unseen("heard"), []);
    await crossing.exchange(neighbour);
  },

  "revoke-drain": async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)], { drain: 2_000 });
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    await engine.apply([flow(10_101, { allow: [`${STRANGER}/32`] })], { drain: 2_000 });
    const { open } = await engine.state();
    assert.deepEqual(
      open.map(({ leaving }) => leaving),
      [true],
    );
    assert.match(await crossing.knock("b", { port: 10_101, from: TILL }), /ECONNRE/);
    await crossing.exchange(entered, "still");
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome }) => outcome),
      ["revoked"],
    );
  },

  "revoke-keep": async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101, { onRevoke: "keep" }), flow(10_102, { onRevoke: "cut" })]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    await crossing.exchange(await crossing.enter("n", 10_102));
    await engine.until((state) => state.open.length === 2);
    const allow = [`${STRANGER}/32`];
    await engine.apply([flow(10_101, { onRevoke: "keep", allow }), flow(10_102, { onRevoke: "cut", allow })]);
    // Judged after it: once the neighbour has been cut, so would it have been.
    await engine.until((state) => state.ended.length === 1);
    assert.match(await crossing.knock("b", { port: 10_101, from: TILL }), /ECONNRE/);
    await crossing.exchange(entered, "still");
    assert.deepEqual(
      (await engine.state()).open.map(({ leaving }) => leaving),
      [false],
    );
  },

  neighbours: async (crossing) => {
    const engine = crossing.start();
    const many = Array.from({ length: 300 }, (_, index) => flow(10_101 + index, { id: `flow/${index}` }));
    await engine.apply(many);
    const neighbour = await crossing.enter("n", 10_101);
    let isChanging = true;
    const changes = async (): Promise<void> => {
      for (let more = 0; more < 5; more += 1) {
        const added = Array.from({ length: more + 1 }, (_, index) =>
          flow(12_000 + index, { id: `flow/more-${index}` }),
        );
        await engine.apply([...many, ...added]);
      }
      isChanging = false;
    };
    // Who is inside goes on meanwhile, and who comes is let in.
    const others = async (): Promise<void> => {
      for (let turn = 0; isChanging; turn += 1) {
        await crossing.exchange(neighbour, `again ${turn}`);
        const newcomer = await crossing.enter(`m${turn}`, 10_102);
        await crossing.exchange(newcomer);
        await crossing.leave(newcomer, "till");
      }
    };
    await Promise.all([changes(), others()]);
    await crossing.exchange(neighbour, "afterwards");
    await crossing.exchange(await crossing.enter("m", 12_004));
    const { ended } = await engine.state();
    assert.ok(
      ended.every(({ flow: id, outcome }) => id === "flow/1" && outcome === "closed"),
      JSON.stringify(ended),
    );
    assert.equal(crossing.till.unseen("failed").length, 0);
  },

  close: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    await engine.apply([flow(10_101, { standing: "draining" })]);
    assert.match(await crossing.knock("b", { port: 10_101, from: TILL }), /ECONNRE/);
    await crossing.exchange(entered, "drains");
    await engine.apply([flow(10_101, { standing: "closed", onRevoke: "cut" })]);
    await engine.until((state) => state.ended.length === 1);
    await engine.apply([flow(10_101)]);
    await crossing.exchange(await crossing.enter("c", 10_101));
  },

  stop: async (crossing, kind) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    const drained = engine.drain(60_000);
    await crossing.refusedSoon({ port: 10_101, from: TILL });
    await crossing.exchange(entered, "still");
    await crossing.leave(entered, "till");
    assert.deepEqual(await drained, { cut: 0 });
    if (kind === "kernel") assert.equal(crossing.gateway.run("nft", "list", "tables").trim(), "");
  },

  restart: async (crossing, kind) => {
    if (kind === "relay") return;
    const flows = [flow(10_101, { sessions: 1 }), flow(10_102)];
    const engine = crossing.start({ keepRules: true });
    await engine.apply(flows);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    await engine.until((state) => state.open.length === 1);
    await engine.kill();
    await crossing.exchange(entered, "meanwhile");
    const other = await crossing.enter("b", 10_102);
    await crossing.exchange(other);
    const next = crossing.start({ keepRules: true });
    await next.apply(flows);
    await crossing.exchange(entered, "afterwards");
    const { open } = await next.until((state) => state.open.length === 2);
    assert.deepEqual(open.map(({ flow: id, rule }) => [id, rule]).sort(), [
      ["flow/10101", `${TILL}/32`],
      ["flow/10102", `${TILL}/32`],
    ]);
    assert.match(await crossing.knock("c", { port: 10_101, from: TILL }), /ECONNRE/, "its one place is taken");
    assert.deepEqual(await next.drain(0), { cut: 0 });
    await crossing.exchange(other, "still");
    assert.match(crossing.gateway.run("nft", "list", "tables"), /table ip ecluse/);
  },

  "dial-failed": async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101, { target: { ...flow(10_101).target, port: 9 } })]);
    assert.match(await crossing.knock("a", { port: 10_101, from: TILL }), /ECONNRE/);
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, cause }) => [outcome, cause]),
      [["dial-failed", "ECONNREFUSED"]],
    );
  },

  idle: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101)], { idle: 2_000 });
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, by }) => [outcome, by]),
      [["idle", "gateway"]],
    );
    crossing.till.tell({ do: "say", name: "a", text: "late" });
    crossing.terminal.tell({ do: "say", name: entered.there, text: "late" });
    await crossing.till.event("closed", "a");
    await crossing.terminal.event("closed", entered.there);
  },

  probe: async (crossing) => {
    const engine = crossing.start();
    await engine.apply([flow(10_101, { sessions: 1 })]);
    assert.equal((await engine.probe("flow/10101")).outcome, "reached");
    const seen = await crossing.terminal.event("accepted");
    crossing.terminal.tell({ do: "end", name: seen.name });
    await crossing.terminal.event("closed", seen.name);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    await engine.until((state) => state.open.length === 1);
    assert.equal((await engine.probe("flow/10101")).outcome, "busy");
  },
};

for (const kind of ["relay", "kernel"] as const) {
  suite(`the ${kind} engine`, { skip, timeout: 300_000 }, () => {
    for (const [name, row] of Object.entries(ROWS)) {
      test(`${name}: ${CAPABILITIES[name as CapabilityName].what}`, { timeout: 120_000 }, async () => {
        await using crossing = await Crossing.create(kind);
        await row(crossing, kind);
      });
    }
  });
}

test("every row that an engine can do has its test, and no other has", () => {
  const able = Object.entries(CAPABILITIES).filter(([, { kernel }]) => kernel.is !== "unsupported");
  assert.deepEqual(Object.keys(ROWS).sort(), able.map(([name]) => name).sort());
});

suite("the kernel engine alone", { skip, timeout: 300_000 }, () => {
  test("preserved: the terminal sees each session's own source", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start({ source: "preserved" });
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    assert.equal(entered.from, TILL);
    await crossing.exchange(entered);
  });

  test("a host that counts: the bytes of each session to its end, with their headers, and its place is free before", async () => {
    await using crossing = await Crossing.create("kernel");
    crossing.gateway.run("sh", "-c", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct");
    const engine = crossing.start();
    await engine.apply([flow(10_101, { sessions: 1 })]);
    for (const [index, name] of ["a", "b"].entries()) {
      const entered = await crossing.enter(name, 10_101);
      await crossing.exchange(entered, "1234567");
      crossing.till.tell({ do: "say", name, text: "x".repeat(50_000) });
      await crossing.terminal.hear(entered.there, "x".repeat(50_000));
      await crossing.leave(entered, "till");
      const { ended } = await engine.until((state) => state.ended.length === index + 1);
      const { bytesToTarget = 0, bytesToClient = 0, cause } = ended[index] ?? {};
      assert.equal(cause, undefined);
      // 7 and 50,000 bytes, 13 bytes, and at most 60 bytes of headers for each of a hundred packets.
      assert.ok(bytesToTarget > 50_007 && bytesToTarget < 56_007, String(bytesToTarget));
      assert.ok(bytesToClient > 13 && bytesToClient < 6_013, String(bytesToClient));
    }
  });

  test("the kernel tells three things of a session: that it came, that the terminal answered, that it is over", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const listener = crossing.gateway.start("conntrack", "-E", "-p", "tcp", "-g");
    let told = "";
    listener.stdout?.setEncoding("utf8").on("data", (text: string) => (told += text));
    for (const name of ["a", "b", "c"]) {
      const entered = await crossing.enter(name, 10_101);
      await crossing.exchange(entered);
      await crossing.leave(entered, name === "c" ? "terminal" : "till");
    }
    await engine.until((state) => state.ended.length === 3);
    const states = [...told.matchAll(/\[(NEW|UPDATE|DESTROY)\].* (SYN_SENT|SYN_RECV|LAST_ACK) /g)].map(
      ([, what, state]) => `${what} ${state}`,
    );
    // It may have begun to listen after the first had come, and print the last end later than ours.
    const three = ["NEW SYN_SENT", "UPDATE SYN_RECV", "UPDATE LAST_ACK"];
    assert.deepEqual(told.trim().split("\n").length, states.length, told);
    assert.ok([...three, ...three, ...three].join().includes(states.join()) && states.length >= 3, states.join());
  });

  test("the till ends its direction, and the terminal resets instead of answering: it is the terminal's doing", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    crossing.till.tell({ do: "end", name: "a" });
    await crossing.terminal.event("ended", entered.there);
    crossing.terminal.tell({ do: "reset", name: entered.there });
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, by }) => [outcome, by]),
      [["reset", "target"]],
    );
  });

  test("killed, it leaves nobody behind who listens to the kernel", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    assert.equal(listenersIn(crossing).length, 1);
    await engine.kill();
    await until(() => listenersIn(crossing).length === 0, "its end");
  });

  test("the program that listens is ended by somebody: another one does, and nobody is missed", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const [listener] = listenersIn(crossing);
    assert.ok(listener !== undefined);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    process.kill(Number(listener), "SIGKILL");
    await until(() => listenersIn(crossing).some((other) => other !== listener), "another one");
    await crossing.leave(entered, "till");
    await engine.until((state) => state.ended.length === 1);
    await engine.until((state) => state.blocked.length === 0);
    await crossing.exchange(await crossing.enter("b", 10_101));
    assert.equal((await engine.until((state) => state.open.length === 1)).open.length, 1);
  });

  test("a signal that stops all of a unit's processes: the one that listens goes on, for those inside are seen out", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const [listener] = listenersIn(crossing);
    assert.ok(listener !== undefined);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.kill(Number(listener), signal);
    await crossing.exchange(await crossing.enter("a", 10_101));
    await engine.until((state) => state.open[0]?.phase === "open");
    assert.deepEqual(listenersIn(crossing), [listener]);
    assert.deepEqual((await engine.state()).blocked, []);
  });

  test("the program that listens stands still: doors refuse, another one listens, and nobody is missed", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const [listener] = listenersIn(crossing);
    assert.ok(listener !== undefined);
    process.kill(Number(listener), "SIGSTOP");
    await crossing.exchange(await crossing.enter("a", 10_101));
    await until(() => listenersIn(crossing).some((other) => other !== listener), "another one");
    await engine.until((state) => state.open.length === 1);
    assert.ok(!listenersIn(crossing).includes(listener));
  });

  test("what nft prints of the table can be loaded again, as people do who save their rules", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101, { sessions: 1 }), flow(10_102)]);
    const list = (): string => crossing.gateway.run("nft", "list", "table", "ip", "ecluse");
    const before = list();
    await engine.kill();
    crossing.gateway.run(
      "sh",
      "-c",
      "nft list ruleset > /tmp/$$.nft; nft flush ruleset; nft -f /tmp/$$.nft; rm /tmp/$$.nft",
    );
    assert.equal(list(), before);
    await crossing.exchange(await crossing.enter("a", 10_101));
  });

  test("nobody reaches a terminal's port through the host but by a door", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    assert.match(await crossing.knock("direct", { port: PORT, from: TILL, to: TERMINALS[0] }), /ECONNRE/);
    assert.deepEqual(crossing.terminal.unseen("accepted"), []);
  });

  test("a host that does not forward: every door is blocked and refuses, until it does", async () => {
    await using crossing = await Crossing.create("kernel");
    crossing.gateway.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const { blocked } = await engine.state();
    assert.deepEqual(
      blocked.map(({ cause }) => cause),
      ["net.ipv4.ip_forward=0"],
    );
    assert.match(await crossing.knock("a", { port: 10_101, from: TILL }), /ECONNRE/);
    crossing.gateway.forward();
    await engine.until((state) => state.blocked.length === 0);
    await crossing.exchange(await crossing.enter("b", 10_101));
  });

  test("another table drops routed packets, as ufw does: the door is told as blocked, by which, until it is let through", async () => {
    await using crossing = await Crossing.create("kernel");
    const forward =
      "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }";
    crossing.gateway.run("nft", forward);
    const engine = crossing.start();
    await engine.apply([flow(10_101), flow(10_102)]);
    crossing.till.tell({ do: "connect", name: "a", from: TILL, to: GATEWAY, port: 10_101 });
    const { blocked } = await engine.until((state) => state.blocked.length > 0);
    assert.deepEqual(
      blocked.map(({ flow: id, cause }) => [id, cause]),
      [["flow/10101", "dropped-by: ip filter FORWARD"]],
    );
    crossing.gateway.run("nft", "add rule ip filter FORWARD accept");
    await crossing.till.event("connected", "a");
    await engine.until((state) => state.blocked.length === 0);
  });

  test("100,000 networks: they are judged as written, and a change beside them touches no element of theirs", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    // Every second /30 from 20.0.0.0 on, so that none are neighbours, and the till among them.
    const networks = Array.from({ length: 100_000 }, (_, index) => {
      const at = 0x14000000 + index * 8;
      return `${at >>> 24}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}/30`;
    });
    const crowded = flow(10_101, { allow: [...networks, `${TILL}/32`] });
    await engine.apply([crowded]);
    await crossing.exchange(await crossing.enter("a", 10_101));
    assert.match(await crossing.knock("x", { port: 10_101, from: STRANGER }), /ECONNRE/);
    await engine.apply([crowded, flow(10_102)]);
    await crossing.exchange(await crossing.enter("b", 10_102));
    assert.equal(crossing.till.unseen("failed").length, 0);
  });

  test("somebody removes all rules: they are back within seconds, and a session that was silent meanwhile goes on", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    crossing.gateway.run("nft", "flush", "ruleset");
    await crossing.tableIsBack();
    await crossing.exchange(entered, "again");
    assert.match(await crossing.knock("x", { port: 10_101, from: STRANGER }), /ECONNRE/);
    await crossing.exchange(await crossing.enter("b", 10_101));
    assert.deepEqual((await engine.state()).altered, ["it is gone, or cannot be read"]);
  });

  test("somebody has a hand in the rules: the next change mends it, and a session goes on", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start();
    const flows = [flow(10_101), flow(10_102)];
    await engine.apply(flows);
    const inside = await crossing.enter("a", 10_101);
    await crossing.exchange(inside);
    const nft = (...words: readonly string[]): string => crossing.gateway.run("nft", ...words);
    const rules = (...more: readonly string[]): string =>
      nft(...more, "-t", "list", "table", "ip", "ecluse").replaceAll(/counter.*$/gm, "");
    const list = (kind: string, name: string): string => nft("list", kind, "ip", "ecluse", name);
    const [before, handles] = [rules(), rules("-a")];
    const [set = ""] = /from_[0-9a-f]+/.exec(before) ?? [];
    const leading = (port: number, to: string): string => `${GATEWAY} . ${port} : ${to} . ${PORT}`;
    const elsewhere = leading(10_101, TERMINALS[2]);
    const breaches: readonly (readonly [breach: string, stands: () => boolean, found: string])[] = [
      [
        `add element ip ecluse ${set} { ${STRANGER} }`,
        () => list("set", set).includes(STRANGER),
        `set ${set}: 1 element more (${STRANGER})`,
      ],
      ["insert rule ip ecluse knock accept", () => rules() !== before, "chain knock has other rules"],
      [
        `insert rule ip ecluse judge ip saddr ${STRANGER} accept`,
        () => rules() !== before,
        "chain judge has other rules",
      ],
      [
        `delete element ip ecluse targets { ${GATEWAY} . 10102 }`,
        () => !list("map", "targets").includes("10102"),
        "set targets: 1 element gone",
      ],
      [
        `delete element ip ecluse targets { ${GATEWAY} . 10101 }; add element ip ecluse targets { ${elsewhere} }`,
        () => list("map", "targets").includes(TERMINALS[2]),
        `set targets: 1 element gone, 1 element more (${elsewhere})`,
      ],
    ];
    // They have been looked at once, and the next look is a minute away, unless something is applied.
    await new Promise((resolve) => setTimeout(resolve, TWO_LOOKS));
    assert.equal(rules("-a"), handles, "what is right is not loaded anew");
    assert.deepEqual((await engine.state()).altered, [], "nor told of");
    for (const [index, [breach, stands]] of breaches.entries()) {
      assert.equal(stands(), false, breach);
      nft(breach);
      assert.equal(stands(), true, breach);
      await engine.apply(flows);
      await until(() => !stands(), `what comes after: ${breach}`);
      // Each takes up to ten seconds, and all of them together longer than a session may be silent.
      await crossing.exchange(inside, `after ${index}`);
    }
    assert.notEqual(rules("-a"), handles, "it was made anew");
    assert.deepEqual(
      (await engine.state()).altered,
      breaches.map(([, , found]) => found),
    );
    assert.match(await crossing.knock("x", { port: 10_101, from: STRANGER }), /ECONNRE/);
    await crossing.exchange(await crossing.enter("b", 10_102));
    await crossing.exchange(inside, "still");
  });

  test("somebody has a hand in the rules, and nothing is changed for a while: they are mended all the same", async () => {
    await using crossing = await Crossing.create("kernel");
    const engine = crossing.start({}, 20);
    await engine.apply([flow(10_101)]);
    await crossing.exchange(await crossing.enter("a", 10_101));
    crossing.gateway.run("nft", "flush", "map", "ip", "ecluse", "doors");
    assert.match(await crossing.knock("b", { port: 10_101, from: TILL }), /ECONNRE/);
    const doors = (): string => crossing.gateway.run("nft", "list", "map", "ip", "ecluse", "doors");
    await until(() => doors().includes("10101"), "the door is back");
    await crossing.exchange(await crossing.enter("c", 10_101));
    const { altered } = await engine.state();
    assert.equal(altered.length, 1);
    assert.match(altered[0] ?? "", /^set doors: 1 element gone$/);
  });

  test("rules that the kernel does not take: nothing is open", async () => {
    await using crossing = await Crossing.create("kernel");
    // A table of the same name whose set another's rule refers to cannot be replaced.
    const engine = crossing.start({ source: "preserved" });
    await engine.apply([flow(10_101)]);
    crossing.gateway.run("nft", "add", "rule", "ip", "ecluse", "refuse_denied", "ip saddr 1.2.3.4 drop");
    crossing.gateway.run("nft", "delete", "element", "ip", "ecluse", "doors", `{ ${GATEWAY} . 10101 }`);
    // The change that would delete the element cannot be made; the table is loaded whole instead.
    await engine.apply([flow(10_102)]);
    assert.match(await crossing.knock("x", { port: 10_101, from: TILL }), /ECONNRE/);
    await crossing.exchange(await crossing.enter("b", 10_102));
    const { altered } = await engine.state();
    assert.equal(altered.length, 1);
    assert.match(altered[0] ?? "", /^Cannot change the rules of the kernel: /);
  });
});

function addressOf(source: Parameters<typeof formatAddress>[0] | undefined): string {
  return source === undefined ? "" : formatAddress(source);
}

/** Who listens to the kernel's connections there, by number. */
function listenersIn({ gateway }: Crossing): readonly string[] {
  const script =
    'here=$(readlink /proc/self/ns/net); for comm in $(grep -ls "^ecluse-netlink$" /proc/[0-9]*/comm); do ' +
    'process=${comm%/comm}; test "$(readlink $process/ns/net)" = "$here" && echo "${process#/proc/}"; done; true';
  return gateway
    .run("sh", "-c", script)
    .split("\n")
    .filter((line) => line !== "");
}
