/** Whoever loses a right is out at once where the inventory says `cut`, and nobody else notices. At a real gateway. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite, test } from "node:test";
import { type Peer, dial, ending, freePort, knock, listen, loopbackAddress, until } from "../support/loopback.ts";
import { type Changing, type Site, changing } from "./changing.ts";

/** What the gateway promises, in milliseconds. */
const SOON = 5_000;
/** Sessions of each source. */
const SESSIONS = 10;

interface Scene extends AsyncDisposable {
  readonly gateway: Changing;
  readonly site: Site;
  readonly target: Peer;
  readonly stranger: string;
  /** Sessions from an address, each of which has heard itself. */
  readonly enter: (from: string, count?: number) => Promise<readonly Inside[]>;
  /** Nobody else may come or have gone. */
  readonly shut: (from: string) => Promise<void>;
}

interface Inside {
  readonly socket: Socket;
  readonly end: Promise<{ readonly by: string }>;
}

suite("a right that goes, with onRevoke: cut", { timeout: 180_000 }, () => {
  test(`a source taken out of the inventory is out within ${SOON} ms; all others stay`, async () => {
    await using scene = await sceneOf();
    const { gateway, site, enter } = scene;
    const [leaving, staying] = [await enter(addressOf(site, "leaving")), await enter(addressOf(site, "staying"))];
    const flows = site.flows.map((flow) => ({ ...flow, allow: ["staying"] }));
    await gateway.apply({ ...site, flows });
    await allCut(leaving);
    await allStay(staying, scene);
    await scene.shut(addressOf(site, "leaving"));
    await gateway.apply(site);
    await allStay(await enter(addressOf(site, "leaving")), scene, staying.length);
  });

  test("one address taken out of a source: the source's other address stays", async () => {
    await using scene = await sceneOf();
    const { gateway, site, enter } = scene;
    const [first, second] = [addressOf(site, "leaving"), loopbackAddress()];
    await gateway.apply({ ...site, sources: { ...site.sources, leaving: [first, second] } });
    const [out, stay] = [await enter(first), await enter(second)];
    await gateway.apply({ ...site, sources: { ...site.sources, leaving: [second] } });
    await allCut(out);
    await allStay(stay, scene);
    await scene.shut(first);
  });

  test("one flow that loses a source: that source's sessions at the others stay", async () => {
    await using scene = await sceneOf();
    const { gateway, site, enter } = scene;
    const [here, there] = site.flows.map(({ listen: door }) => door);
    assert.ok(here && there);
    const from = addressOf(site, "leaving");
    const out = await entered({ ...here, from });
    const stay = await entered({ ...there, from });
    const flows = site.flows.map((flow, index) => (index === 0 ? { ...flow, allow: ["staying"] } : flow));
    await gateway.apply({ ...site, flows });
    await allCut([out]);
    await allStay([stay, ...(await enter(addressOf(site, "staying")))], scene);
  });

  test("a temporary grant that is revoked", async () => {
    await using scene = await sceneOf();
    const { gateway, site, stranger, enter } = scene;
    const staying = await enter(addressOf(site, "staying"));
    await gateway.ask("grant", { source: stranger, select: "*", for: 60_000, reason: "a test" });
    const out = await enter(stranger);
    await gateway.ask("revoke", { id: "g1" });
    await allCut(out);
    await allStay(staying, scene);
    await scene.shut(stranger);
  });

  test("a temporary grant that ends by itself", async () => {
    await using scene = await sceneOf();
    const { gateway, site, stranger, enter } = scene;
    const staying = await enter(addressOf(site, "staying"));
    const granted = (await gateway.ask("grant", {
      ...{ source: stranger, select: "*", for: 1_500, reason: "a test" },
    })) as { readonly until: number };
    const out = await enter(stranger, 2);
    await until(() => Date.now() >= granted.until, "the end of the grant");
    await allCut(out);
    await allStay(staying, scene);
    await scene.shut(stranger);
    const outcomes = gateway.serving.ofEvent("session").map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ["expired", "expired"]);
  });

  test("of two rights of one source, the one that goes ends nothing", async () => {
    await using scene = await sceneOf();
    const { gateway, site, enter } = scene;
    const from = addressOf(site, "staying");
    await gateway.ask("grant", { source: from, select: "*", for: 60_000, reason: "a test" });
    const staying = await enter(from);
    await gateway.ask("revoke", { id: "g1" });
    await allStay(staying, scene);
  });
});

async function sceneOf(): Promise<Scene> {
  const target = await listen((socket) => void socket.pipe(socket));
  const host = loopbackAddress();
  const doors = [await freePort(host), await freePort(host)].map((port) => ({ host, port }));
  const site: Site = {
    ...{ host, onRevoke: "cut", sources: { leaving: [loopbackAddress()], staying: [loopbackAddress()] } },
    flows: doors.map((door, index) => ({
      ...{ name: `door${index + 1}`, listen: door, target, allow: ["leaving", "staying"] },
    })),
  };
  const gateway = await changing(site);
  const inside: Inside[] = [];
  const enter: Scene["enter"] = async (from, count = SESSIONS) => {
    const places = Array.from({ length: count }, (_, index) => ({ ...(doors[index % 2] ?? assert.fail()), from }));
    const sessions = await Promise.all(places.map(entered));
    inside.push(...sessions);
    return sessions;
  };
  return {
    ...{ gateway, site, target, enter, stranger: loopbackAddress() },
    shut: async (from) => {
      for (const door of doors) assert.equal(await knock({ ...door, from }), "ECONNRESET");
    },
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of inside) socket.destroy();
      await gateway[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

function addressOf({ sources }: Site, name: string): string {
  return sources[name]?.[0] ?? assert.fail(name);
}

async function entered(to: { readonly host: string; readonly port: number; readonly from: string }): Promise<Inside> {
  const socket = await dial(to);
  await hears(socket);
  return { socket, end: ending(socket) };
}

async function hears(socket: Socket): Promise<void> {
  const heard = once(socket, "data");
  socket.write("?");
  await heard;
}

/** By RST, and before long. */
async function allCut(sessions: readonly Inside[]): Promise<void> {
  const ends: string[] = [];
  for (const { end } of sessions) void end.then(({ by }) => ends.push(by));
  await until(() => ends.length === sessions.length, "everybody out", SOON);
  assert.deepEqual(new Set(ends), new Set(["ECONNRESET"]));
}

/** They still hear themselves, and the target has these and `others`, and nobody else. */
async function allStay(sessions: readonly Inside[], { target }: Scene, others = 0): Promise<void> {
  for (const { socket } of sessions) await hears(socket);
  await until(() => target.count.open === sessions.length + others, "the others gone at the target too");
}
