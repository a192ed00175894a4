/**
 * One suite for every engine: what a policy says holds, whoever carries the bytes. Where the engines differ, the
 * capability table says how, and the test tries exactly that. The network is drawn in `crossing.ts`.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatAddress } from "@ecluse/guard/address";
import { needs } from "../../support/packages.ts";
import { Crossing, type Kind, STRANGER, TERMINALS, TILL, flow } from "./crossing.ts";

const skip = needs(["iproute2", "nftables", "conntrack"], { root: true });

for (const kind of ["relay", "kernel"] as const) {
  suite(`the ${kind} engine`, { skip, timeout: 120_000 }, () => everyEngine(kind));
}

function everyEngine(kind: Kind): void {
  test("who may enter reaches the terminal, and its session is told of with all that is known", async () => {
    await using crossing = await Crossing.create(kind);
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    const entered = await crossing.enter("a", 10_101);
    await crossing.exchange(entered);
    const { open } = await engine.until((state) => state.open[0]?.phase === "open");
    assert.deepEqual(
      open.map(({ flow: id, source, rule }) => [id, formatAddress(source), rule]),
      [["flow/10101", TILL, `${TILL}/32`]],
    );
    crossing.terminal.tell({ do: "end", name: entered.there });
    await crossing.till.event("ended", "a");
    crossing.till.tell({ do: "end", name: "a" });
    const { ended } = await engine.until((state) => state.ended.length === 1);
    assert.deepEqual(
      ended.map(({ outcome, by, target }) => [outcome, by, formatAddress(target.address)]),
      [["closed", "target", TERMINALS[0]]],
    );
  });

  test("a stranger is answered RST, is counted, and no terminal hears of it", async () => {
    await using crossing = await Crossing.create(kind);
    const engine = crossing.start();
    await engine.apply([flow(10_101)]);
    assert.match(await crossing.knock("x", { port: 10_101, from: STRANGER }), /ECONNRE/);
    assert.deepEqual(crossing.terminal.unseen("accepted"), []);
    const { refused } = await engine.until((state) => state.refused.length > 0);
    assert.deepEqual(
      refused.map(({ flow: id, source, outcome, reason }) => [
        id,
        source === undefined ? "" : formatAddress(source),
        outcome,
        reason,
      ]),
      [["flow/10101", STRANGER, "denied", "not-listed"]],
    );
  });
}
