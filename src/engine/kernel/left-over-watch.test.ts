import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { manualClock } from "../../../test/support/clock.ts";
import { ipv4 } from "../../../test/support/loopback.ts";
import { policyOf } from "../../../test/support/relay.ts";
import { BEHIND_TABLE, type BlockedDoor } from "../records.ts";
import { LeftOverWatch } from "./left-over-watch.ts";

const TARGET = { address: ipv4("172.17.1.10"), port: 8_888 };
const door = (flow: string, port: number, cause = BEHIND_TABLE): BlockedDoor => {
  return { flow, endpoint: { address: ipv4("198.51.100.10"), port }, cause };
};
const [A, B] = [door("a", 10_101), door("b", 10_102)];
const POLICY = policyOf([A, B].map(({ flow, endpoint }) => ({ id: flow, listen: endpoint, target: TARGET })));

function staged() {
  const clock = manualClock();
  const now = { policy: POLICY, isServing: true };
  const seen: string[] = [];
  const looks: PromiseWithResolvers<readonly BlockedDoor[] | undefined>[] = [];
  let timers = 0;
  const every = (period: number, callback: () => void): (() => void) => {
    timers += 1;
    const stop = clock.every(period, callback);
    return () => {
      timers -= 1;
      stop();
    };
  };
  const watch = new LeftOverWatch({
    clock: { ...clock, every },
    leftOver: {
      doorsBehind: () => {
        const look = Promise.withResolvers<readonly BlockedDoor[] | undefined>();
        looks.push(look);
        return look.promise;
      },
    },
    policy: () => now.policy,
    isServing: () => now.isServing,
    events: {
      blocked: ({ flow }) => void seen.push(`blocked ${flow}`),
      unblocked: ({ flow }) => void seen.push(`open ${flow}`),
    },
  });
  const begun = async (count: number): Promise<void> => {
    await turn();
    assert.equal(looks.length, count);
  };
  const found = async (behind: readonly BlockedDoor[] | undefined): Promise<void> => {
    looks.at(-1)?.resolve(behind);
    await turn();
  };
  return { clock, now, seen, watch, begun, found, timers: () => timers };
}

/** Lets whatever need not wait for anything go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

suite("LeftOverWatch", () => {
  test("tells what is different from the look before, and nothing where it cannot be read", async () => {
    const { clock, watch, seen, begun, found } = staged();
    for (const [look, behind] of [[A], [A, B], undefined, [B], []].entries()) {
      clock.pass(30_000);
      await begun(look + 1);
      await found(behind);
    }
    assert.deepEqual(seen, ["blocked a", "blocked b", "open a", "open b"]);
    assert.deepEqual(watch.joinedTo([]), []);
  });

  test("looks one after another, and not where it is not the relay that serves here", async () => {
    const { clock, now, watch, begun, found } = staged();
    watch.look();
    watch.look();
    await begun(1);
    await found([]);
    await begun(2);
    await found([]);
    now.isServing = false;
    watch.look();
    clock.pass(60_000);
    await begun(2);
  });

  test("a look that is under way when it stops tells nothing, and no other follows", async () => {
    const { watch, seen, begun, found, timers } = staged();
    watch.look();
    await begun(1);
    assert.equal(timers(), 1);
    watch.stop();
    assert.equal(timers(), 0);
    await found([A]);
    watch.look();
    await begun(1);
    assert.deepEqual(seen, []);
  });

  test("joins them to the doors that are blocked for another reason: each once, and none that is gone", async () => {
    const { now, watch, begun, found } = staged();
    watch.look();
    await begun(1);
    await found([A, B]);
    const used = door("a", 10_101, "EADDRINUSE");
    assert.deepEqual(watch.joinedTo([used]), [used, B]);
    now.policy = policyOf([{ id: "a", listen: A.endpoint, target: TARGET }]);
    assert.deepEqual(watch.joinedTo([]), [A]);
  });
});
