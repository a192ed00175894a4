/** What a change does to everyone it does not concern: nothing. Counted, under load, at a real gateway. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Place, freePort, loopbackAddress, until } from "../support/loopback.ts";
import { type Changing, type Site, type SiteFlow, changing } from "./changing.ts";
import { answering, visiting } from "./visitors.ts";

const CHANGES = 100;
const RATE = 200;
const RESIDENTS = 50;
const DOORS = 5;

/** A site as it is now, and the gateway that is told of what becomes of it. */
interface Now {
  readonly gateway: Changing;
  /** A terminal that comes and goes. */
  readonly fleeting: SiteFlow;
  site: Site;
}

/** Changes of every kind, none of which takes anything from the clients; each is one line of the log. */
const KINDS: readonly ((now: Now, round: number) => Promise<unknown>)[] = [
  (now) => edit(now, (site) => ({ ...site, flows: site.flows.filter(({ name }) => name !== "fleeting") })),
  (now) => edit(now, (site) => ({ ...site, flows: [...site.flows, now.fleeting] })),
  (now, round) => edit(now, (site) => withSource(site, "other", [`127.1.1.${round + 1}`])),
  (now, round) =>
    edit(now, (site) => withSource(site, "till", [site.sources["till"]?.[0] ?? "", `127.1.2.${round + 1}`])),
  (now, round) => edit(now, (site) => ({ ...site, limits: `${LIMITS}, idle: ${301 + round}s` })),
  (now, round) => edit(now, (site) => ({ ...site, onRevoke: round % 2 === 0 ? "cut" : "drain" })),
  ({ gateway }) => gateway.ask("grant", { source: "127.1.3.1", select: "beside", for: 60_000, reason: "a test" }),
  ({ gateway }) => gateway.ask("grant", { source: "127.1.3.2", select: "door1", for: 60_000, reason: "a test" }),
  ({ gateway }, round) => gateway.ask("revoke", { id: `g${round * 2 + 2}` }),
  ({ gateway }) => gateway.ask("operate", { select: "beside", to: "draining" }),
  ({ gateway }) => gateway.ask("operate", { select: "beside", to: "closed" }),
  ({ gateway }) => gateway.ask("operate", { select: "beside", to: "open" }),
  ({ gateway }) => gateway.ask("rollback"),
  async ({ gateway, site }) => {
    gateway.write(site);
    await gateway.ask("apply", { confirm: 60_000 });
  },
  ({ gateway }) => gateway.ask("confirm"),
  async ({ gateway, site }) => {
    gateway.write({ ...site, limits: `${LIMITS}, halfClosed: 31s` });
    const told = gateway.serving.ofEvent("changed").length;
    gateway.serving.signal("SIGHUP");
    await until(() => gateway.serving.ofEvent("changed").length > told, "the reload");
  },
];

const LIMITS = "sessions: 4096, perSource: 4096";

suite("changes while clients come and stay", { timeout: 280_000 }, () => {
  test(`${CHANGES} changes, ${RATE} connections a second, ${RESIDENTS} sessions: none lost, all alive`, async (context) => {
    await using terminal = await answering();
    const host = loopbackAddress();
    const till = loopbackAddress();
    const listens = await places(host, DOORS + 2);
    const [beside = { host, port: 0 }, gone = beside, ...doors] = listens;
    const fleeting = { name: "fleeting", listen: gone, target: terminal, allow: ["other"] };
    const site: Site = {
      ...{ host, limits: LIMITS, sources: { till: [till], other: ["127.1.1.1"] } },
      flows: [
        { name: "beside", listen: beside, target: terminal, allow: ["other"] },
        ...doors.map((listen, index) => ({ name: `door${index + 1}`, listen, target: terminal, allow: ["till"] })),
        fleeting,
      ],
    };
    await using gateway = await changing(site);
    await using clients = await visiting({ doors, from: till, rate: RATE, residents: RESIDENTS, pace: 50 });
    const before = await clients.count();
    const now: Now = { gateway, fleeting, site };
    for (let change = 0; change < CHANGES; change += 1) {
      await KINDS[change % KINDS.length]?.(now, Math.floor(change / KINDS.length));
    }
    const during = await clients.count();
    const after = await clients.stop();
    context.diagnostic(
      `${after.visits} connections, ${after.answers.reduce((sum, each) => sum + each, 0)} answers inside`,
    );

    assert.equal(gateway.serving.ofEvent("changed").length, CHANGES);
    assert.deepEqual([after.lost, after.left], [{}, {}]);
    assert.equal(after.done, after.visits);
    assert.equal(after.alive, RESIDENTS);
    for (const [index, answers] of after.answers.entries()) {
      const meanwhile = (during.answers[index] ?? 0) - (before.answers[index] ?? 0);
      assert.ok(meanwhile > CHANGES / 2 && answers > (during.answers[index] ?? 0), `resident ${index}: ${meanwhile}`);
    }
    assert.ok(after.visits > 10 * CHANGES, `${after.visits} connections`);
  });
});

/** Changes the site, and applies it. */
async function edit(now: Now, change: (site: Site) => Site): Promise<void> {
  now.site = change(now.site);
  await now.gateway.apply(now.site);
}

function withSource(site: Site, name: string, addresses: readonly string[]): Site {
  return { ...site, sources: { ...site.sources, [name]: addresses } };
}

/** Different places on one address. */
async function places(host: string, count: number): Promise<readonly Place[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort(host));
  return Array.from(ports, (port) => ({ host, port }));
}
