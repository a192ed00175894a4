/**
 * The host's clock is set an hour ahead, back, and an hour behind, while a real gateway works: nobody notices.
 *
 * Only the gateway's own clock moves: libfaketime stands between it and the system, and reads from a file by how much.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { type Peer, type Place, dial, ending, freePort, knock, loopbackAddress, until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import { type Changing, type Site, changing } from "./changing.ts";
import { answering, visiting } from "./visitors.ts";

const LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1";
const skip = needs(["faketime"]);
const HOUR = 3_600_000;
/** Seconds by which the clock is off, one after the other. */
const LEAPS = [3_600, 0, -3_600, 0] as const;

interface Scene extends AsyncDisposable {
  readonly gateway: Changing;
  readonly site: Site;
  readonly door: Place;
  readonly till: string;
  readonly target: Peer;
  /** Sets the gateway's clock, and waits until it has noticed. */
  readonly leap: (seconds: number) => Promise<void>;
}

suite("a clock that is moved by an hour", { skip, timeout: 180_000, concurrency: true }, () => {
  test("no session is cut, no connection lost, and newcomers enter", async (context) => {
    await using scene = await sceneOf(context, "idle: 5s");
    const { door, till: from } = scene;
    await using clients = await visiting({ doors: [door], from, rate: 50, residents: 20, pace: 50 });
    for (const seconds of LEAPS) {
      const before = await clients.count();
      await scene.leap(seconds);
      let after = before;
      // Each has heard an answer with the clock as it is now, and others have come.
      const goOn = async (): Promise<boolean> => {
        after = await clients.count();
        const hearing = after.answers.every((count, index) => count > (before.answers[index] ?? 0) + 2);
        return hearing && after.done > before.done + 20;
      };
      while (!(await goOn())) assert.deepEqual([after.lost, after.left], [{}, {}]);
    }
    const { lost, left, alive, visits, done } = await clients.stop();
    assert.deepEqual({ lost, left, alive, done }, { lost: {}, left: {}, alive: 20, done: visits });
  });

  test("the idle limit ends a silent session in its own time", async (context) => {
    await using scene = await sceneOf(context, "idle: 3s");
    const { door, till: from, gateway } = scene;
    for (const [index, seconds] of LEAPS.entries()) {
      const silent = await dial({ ...door, from });
      const end = ending(silent);
      await until(() => scene.target.count.open === 1, "the session");
      await scene.leap(seconds);
      assert.equal((await end).by, "ECONNRESET");
      const { outcome, duration } = await gateway.serving.awaitEvent("session", index + 1);
      assert.equal(outcome, "idle");
      // On a busy machine the sweep comes late; an hour it is not.
      assert.ok(Number(duration) >= 2_990 && Number(duration) < 15_000, `${String(duration)} ms`);
    }
  });

  test("an application that nobody confirms goes back in its own time", async (context) => {
    await using scene = await sceneOf(context);
    const { gateway, site, door, till: from } = scene;
    for (const [index, seconds] of LEAPS.entries()) {
      gateway.write({ ...site, flows: site.flows.map((flow) => ({ ...flow, allow: ["other"] })) });
      const began = performance.now();
      await gateway.ask("apply", { confirm: 5_000 });
      await scene.leap(seconds);
      assert.equal(await knock({ ...door, from }), "ECONNRESET", "still on probation");
      const rolledBack = (): number =>
        gateway.serving.ofEvent("changed").filter(({ what }) => what === "rolled-back").length;
      await until(() => rolledBack() === index + 1, "the rollback");
      assert.ok(performance.now() - began > 4_900, "not before its time");
      const back = await dial({ ...door, from });
      await hears(back);
      back.destroy();
    }
  });

  test("a temporary grant ends in its own time where the clock is set back, at once where it is set forward", async (context) => {
    await using scene = await sceneOf(context);
    const { gateway, door } = scene;
    const stranger = loopbackAddress();
    const grant = { source: stranger, select: "*", reason: "a test" };
    await gateway.ask("grant", { ...grant, for: 3_000 });
    const inside = await dial({ ...door, from: stranger });
    await hears(inside);
    const end = ending(inside);
    await scene.leap(-3_600);
    assert.equal((await end).by, "ECONNRESET");
    assert.equal(await knock({ ...door, from: stranger }), "ECONNRESET");

    await scene.leap(0);
    await gateway.ask("grant", { ...grant, for: HOUR / 2 });
    const next = await dial({ ...door, from: stranger });
    await hears(next);
    const cut = ending(next);
    await scene.leap(3_600);
    assert.equal((await cut).by, "ECONNRESET");
    await gateway.serving.awaitEvent("session", 2);
    assert.deepEqual(
      gateway.serving.ofEvent("session").map(({ outcome }) => outcome),
      ["revoked", "expired"],
    );
  });

  test("the journal keeps every row, and the order of the changes", async (context) => {
    await using scene = await sceneOf(context);
    const { gateway, door, till: from } = scene;
    for (const [index, seconds] of LEAPS.entries()) {
      await scene.leap(seconds);
      const till = await dial({ ...door, from });
      await hears(till);
      till.destroy();
      await gateway.serving.awaitEvent("session", index + 1);
      await gateway.ask("operate", {
        select: "door",
        to: index % 2 === 0 ? "draining" : "open",
        reason: `leap ${index}`,
      });
      if (index % 2 === 0) await gateway.ask("operate", { select: "door", to: "open", reason: `leap ${index}` });
    }
    const rowsOf = async (name: "journal" | "changes"): Promise<readonly Readonly<Record<string, unknown>>[]> =>
      ((await gateway.ask(name)) as { rows: readonly Readonly<Record<string, unknown>>[] }).rows;
    const actions = async (): Promise<readonly (string | undefined)[]> =>
      (await rowsOf("changes")).flatMap(({ detail }) => /open|draining/.exec(String(detail))?.[0] ?? []).toReversed();
    const expected = ["draining", "open", "open", "draining", "open", "open"];
    // The journal writes a few times a second, the sessions and the changes.
    const late = performance.now() + 30_000;
    while ((await rowsOf("journal")).length < LEAPS.length && performance.now() < late);
    while ((await actions()).length < expected.length && performance.now() < late);
    assert.equal((await rowsOf("journal")).length, LEAPS.length);
    assert.deepEqual(await actions(), expected);
    assert.equal(((await gateway.ask("verify")) as { sound: boolean }).sound, true);
  });
});

async function sceneOf(context: TestContext, limits = ""): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-clock-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "offset");
  const set = (seconds: number): void => {
    // In one stroke: it is read at every look at the clock.
    writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  const target = await answering();
  const host = loopbackAddress();
  const door = { host, port: await freePort(host) };
  const till = loopbackAddress();
  const site: Site = {
    ...{ host, limits, onRevoke: "cut", sources: { till: [till], other: [loopbackAddress()] } },
    flows: [{ name: "door", listen: door, target, allow: ["till"] }],
  };
  const gateway = await changing(site, {
    env: {
      ...process.env,
      LD_PRELOAD: globSync(LIBRARY)[0] ?? assert.fail(`no ${LIBRARY}`),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
  });
  return {
    ...{ gateway, site, door, till, target },
    leap: async (seconds) => {
      set(seconds);
      const { now } = (await gateway.ask("status")) as { now: number };
      assert.ok(Math.abs(now - Date.now() - seconds * 1_000) < 60_000, `its clock says ${new Date(now).toISOString()}`);
    },
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

/** Asks the terminal, and is answered. */
async function hears(socket: Awaited<ReturnType<typeof dial>>): Promise<void> {
  const heard = once(socket, "data");
  socket.write("request?");
  await heard;
}
