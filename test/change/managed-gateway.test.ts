/** A gateway that is changed while it runs and while it is down: what is in force is what was last applied, whatever comes. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { readApart } from "../../src/change/read-apart.ts";
import { call } from "../../src/control/client.ts";
import type { RouteName, Parameters } from "../../src/control/routes.ts";
import { ManagedGateway } from "../../src/managed-gateway/managed-gateway.ts";
import type { ManagedGatewayOptions } from "../../src/managed-gateway/options.ts";
import type { GatewayEvent } from "../../src/observe/events.ts";
import { systemClock } from "../../src/cli/clock.ts";
import { type Peer, dial, ending, freePort, listen, loopbackAddress, until } from "../support/loopback.ts";

suite("a managed gateway", { timeout: 180_000 }, () => {
  test("serves what was applied last, again after a restart, whatever the file says by then", async (context) => {
    await using site = await siteOf(context);
    await using first = await site.start();
    site.write(site.inventory({ allow: [site.till, site.other] }));
    assert.equal(await site.enters(site.other), false, "a changed file is not applied by itself");
    await first.ask("apply", { author: "test" });
    assert.equal(await site.enters(site.other), true);
    site.write("nonsense: [");
    await first.stop();
    await using second = await site.start({ first: undefined });
    assert.equal(await site.enters(site.other), true, "as applied, not as the file says");
    const { inventory } = (await second.ask("status", {})) as { inventory: { number: number; author: string } };
    assert.deepEqual([inventory.number, inventory.author], [2, "test"]);
  });

  test("a broken file changes nothing and says why", async (context) => {
    await using site = await siteOf(context);
    await using gateway = await site.start();
    site.write(site.inventory({ allow: [site.till, site.other] }).replace("flows:", "flowz:"));
    await assert.rejects(gateway.ask("apply", { author: "test" }), {
      code: "inventory-refused",
      message: /nothing was changed/,
      hint: /`flowz` is not a key/,
    });
    assert.equal(await site.enters(site.other), false);
    assert.equal(await site.enters(site.till), true);
  });

  test("fifty requests to reload at once end on the last complete file", async (context) => {
    await using site = await siteOf(context);
    await using gateway = await site.start();
    const reloads = Array.from({ length: 50 }, (_, index) => {
      site.write(
        site.inventory({ allow: index === 49 ? [site.till, site.other] : [site.till, `127.1.1.${index + 1}`] }),
      );
      return gateway.gateway.reload("SIGHUP");
    });
    await Promise.all(reloads);
    assert.equal(await site.enters(site.other), true);
    const numbers = (await gateway.ask("history", {})) as unknown[];
    assert.ok(numbers.length < 10, `${numbers.length} applications: requests that come meanwhile are one`);
  });

  test("unconfirmed, it goes back by itself; after a crash too", async (context) => {
    await using site = await siteOf(context);
    await using gateway = await site.start();
    site.write(site.inventory({ allow: [site.other] }));
    await gateway.ask("apply", { author: "test", confirm: 5_000 });
    assert.deepEqual([await site.enters(site.till), await site.enters(site.other)], [false, true]);
    // The process dies before anybody has confirmed.
    await gateway.stop();
    await using restarted = await site.start({ first: undefined });
    assert.deepEqual([await site.enters(site.till), await site.enters(site.other)], [true, false]);
    await restarted.ask("apply", { author: "test", confirm: 5_000 });
    assert.equal(await site.enters(site.till), false);
    await until(() => restarted.told("rolled-back"), "the rollback");
    assert.equal(await site.enters(site.till), true);
    // The one before is not what nobody had confirmed.
    await assert.rejects(restarted.ask("rollback", { author: "test" }), {
      code: "usage",
      message: /no other inventory/,
    });
  });

  test("a temporary grant lets in, survives a restart, ends by itself and can be revoked", async (context) => {
    await using site = await siteOf(context);
    await using gateway = await site.start();
    const given = { author: "test", source: site.other, select: "flow/door", for: 4_000, reason: "Ticket 4711" };
    await gateway.ask("grant", given);
    assert.equal(await site.enters(site.other), true);
    await gateway.stop();
    await using again = await site.start();
    assert.equal(await site.enters(site.other), true, "after a restart");
    await again.ask("revoke", { author: "test", id: "g1" });
    assert.equal(await site.enters(site.other), false, "revoked");
    await again.ask("grant", { ...given, for: 3_000 });
    assert.equal(await site.enters(site.other), true);
    const until2 = performance.now() + 30_000;
    while (await site.enters(site.other)) assert.ok(performance.now() < until2, "it ends by itself");
  });

  test("a flow that drains refuses newcomers and lets those inside finish; closed, they end too; open again", async (context) => {
    await using site = await siteOf(context);
    await using gateway = await site.start();
    const inside = await dial({ ...site.door, from: site.till });
    const end = ending(inside);
    await until(() => site.target.count.open === 1, "a session inside");
    const { unused } = (await gateway.ask("usage", { days: 90 })) as { unused: readonly unknown[] };
    assert.deepEqual(unused, [], "who is inside uses a grant, though the journal has no row yet");
    await gateway.ask("operate", { author: "test", select: "door", to: "draining" });
    assert.equal(await site.enters(site.till), false);
    assert.equal(site.target.count.open, 1, "the one inside stays");
    await gateway.ask("operate", { author: "test", select: "door", to: "closed" });
    assert.equal((await end).by, "ECONNRESET", "the flow says cut");
    await gateway.ask("operate", { author: "test", select: "door", to: "open" });
    assert.equal(await site.enters(site.till), true);
    // The journal writes a few times a second.
    let rows: readonly { readonly by: string }[] = [];
    for (const late = performance.now() + 30_000; rows.length === 0 && performance.now() < late;) {
      ({ rows } = (await gateway.ask("journal", { outcome: "revoked" })) as { rows: typeof rows });
    }
    assert.deepEqual(
      rows.map(({ by }) => by),
      ["gateway"],
    );
  });

  test("another inventory's state is refused, and no door is opened", async (context) => {
    await using site = await siteOf(context);
    await using first = await site.start();
    await first.stop();
    const file = join(site.folder, "other.yaml");
    writeFileSync(file, site.inventory({ allow: [site.other] }));
    await assert.rejects(site.start({ file, first: undefined }), {
      code: "usage",
      message: /is that of .*ecluse\.yaml/,
    });
    await assert.rejects(dial({ ...site.door, from: site.other }), { code: "ECONNREFUSED" });
    assert.equal(existsSync(site.control), false);
  });
});

interface Running extends AsyncDisposable {
  readonly gateway: ManagedGateway;
  readonly ask: <Name extends RouteName>(name: Name, given: Partial<Parameters<Name>>) => Promise<unknown>;
  readonly told: (what: string) => boolean;
  readonly stop: () => Promise<void>;
}

interface Site extends AsyncDisposable {
  readonly folder: string;
  readonly control: string;
  readonly target: Peer;
  readonly door: { readonly host: string; readonly port: number };
  readonly till: string;
  readonly other: string;
  readonly inventory: (options: { readonly allow: readonly string[] }) => string;
  readonly write: (text: string) => void;
  readonly start: (options?: Partial<Record<keyof ManagedGatewayOptions, unknown>>) => Promise<Running>;
  /** Whether a connection from there is relayed to the target. */
  readonly enters: (from: string) => Promise<boolean>;
}

async function siteOf(context: TestContext): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-managed-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const target = await listen((socket) => socket.resume().on("end", () => socket.end()));
  const host = loopbackAddress();
  const door = { host, port: await freePort(host) };
  const [till, other] = [loopbackAddress(), loopbackAddress()];
  const file = join(folder, "ecluse.yaml");
  const control = join(folder, "control.sock");
  const inventory: Site["inventory"] = ({ allow }) =>
    [
      `gateway: { address: ${host}, onRevoke: cut }`,
      `sources: { till: { addresses: [${allow.join(", ")}] } }`,
      `flows: { door: { listen: "${host}:${door.port}", target: "${target.host}:${target.port}", allow: [till] } }`,
      "",
    ].join("\n");
  const write = (text: string): void => writeFileSync(file, text);
  write(inventory({ allow: [till] }));
  const start: Site["start"] = (options = {}) =>
    startGateway({ file, control, state: join(folder, "state"), ...options });
  const enters = async (from: string): Promise<boolean> => {
    const socket = connect({ ...door, localAddress: from, allowHalfOpen: true });
    socket.end("?");
    return (await ending(socket)).by === "end";
  };
  const dispose = async (): Promise<void> => {
    await target[Symbol.asyncDispose]();
  };
  return {
    folder,
    control,
    target,
    door,
    till,
    other,
    inventory,
    write,
    start,
    enters,
    [Symbol.asyncDispose]: dispose,
  };
}

async function startGateway(options: Partial<Record<keyof ManagedGatewayOptions, unknown>>): Promise<Running> {
  const events: GatewayEvent[] = [];
  const gateway = await ManagedGateway.start({
    journal: { keep: 86_400_000, size: 100_000_000 },
    watch: false,
    clock: systemClock,
    read: async (origin) => (await readApart(origin)) ?? assert.fail("told to stop"),
    tell: (event) => void events.push(event),
    ...options,
  } as ManagedGatewayOptions);
  let stopping: Promise<void> | undefined;
  const stopNow = async (): Promise<void> => {
    await gateway.stop(0);
    await gateway.close();
  };
  const stop = (): Promise<void> => (stopping ??= stopNow());
  return {
    gateway,
    ask: (name, given) => call(options.control as string, name, given),
    told: (what) => events.some((event) => event.event === "changed" && event.what === what),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
