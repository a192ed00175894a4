/** The shield in a kernel of its own (`shielded-host.ts`): whom it lets pass, when, and what becomes of it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { suite, test } from "node:test";
import { audit } from "../../src/audit/audit.ts";
import { collect } from "../../src/audit/host/collect.ts";
import { askingsFor } from "../../src/audit/readings.ts";
import { call } from "../../src/control/client.ts";
import { turns, until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import { textSubject } from "../render/subjects.ts";
import { inventoryFile, serveFile } from "../serve/serving.ts";
import type { Replaceable } from "../take-over/replaceable.ts";
import { STRANGER, ShieldedHost, TARGET, TILL, VM, refusals } from "./shielded-host.ts";

const INVENTORY = `
gateway: { address: ${VM}, shield: true }
sources:
  till: { addresses: [${TILL}] }
  stranger: { addresses: [${STRANGER}] }
flows:
  one: { listen: "${VM}:4001", target: "${TARGET.address}:${TARGET.port}", allow: [till] }
  two: { listen: "${VM}:4002", target: "${TARGET.address}:${TARGET.port}", allow: [till] }
`;

const skip = needs(["iproute2", "nftables"], { root: true });

suite("the shield", { skip, timeout: 300_000 }, () => {
  test("who may come comes; a stranger is refused by the kernel, counted, and the process never accepts", async () => {
    await using host = await ShieldedHost.create();
    host.vm.run("nft", "add table inet another { chain in { type filter hook input priority 0; }; }");
    const before = host.vm.run("nft", "list", "ruleset");
    await using gateway = await host.serve(INVENTORY);
    await gateway.awaitEvent("ready");
    assert.equal(host.isShielded, true);

    assert.deepEqual(host.visit(TILL, 4001, 4002), ["entered", "entered"]);
    assert.deepEqual(host.visit(STRANGER, 4001, 4001, 4002), ["ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);

    await gateway.awaitEvent("refused", 2, 25_000);
    assert.deepEqual(countedBy(gateway), { "flow/one shielded": 2, "flow/two shielded": 1 });
    assert.deepEqual(await refusals(gateway), { shielded: 3 }, "the process itself has refused nobody");
    const [ranked] = await journalled(gateway);
    assert.deepEqual([ranked?.["source"], ranked?.["count"], ranked?.["reasons"]], [STRANGER, 3, "shielded: 3"]);
    assert.deepEqual((await gateway.ask("status")).shield, { state: "up", answer: "reset" });

    gateway.signal("SIGTERM");
    await gateway.exited;
    assert.equal(host.vm.run("nft", "list", "ruleset"), before, "it takes away its own, and nothing else");
  });

  test("a grant lets in at once, its end shuts out at once, and whoever is inside stays", async () => {
    await using host = await ShieldedHost.create();
    await using gateway = await host.serve(INVENTORY);
    await gateway.awaitEvent("ready");
    assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNREFUSED"]);
    const order = { source: "stranger", select: "flow/one", for: 3_600_000, reason: "a test" };
    const { id } = await gateway.ask("grant", order);
    assert.deepEqual(host.visit(STRANGER, 4001, 4002), ["entered", "ECONNREFUSED"]);
    const inside = await host.enter(STRANGER, 4001);
    assert.equal(await inside("before"), "before");
    const chain = host.chain;
    await gateway.ask("revoke", { id });
    assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNREFUSED"]);
    assert.equal(await inside("after"), "after", "only new connections are judged");
    assert.equal(host.chain, chain, "element by element");
  });

  test("closed doors, aliases, everybody's doors and those of balancers", async () => {
    await using host = await ShieldedHost.create();
    const balancer = "198.51.100.1";
    const target = `"${TARGET.address}:${TARGET.port}"`;
    await using gateway = await host.serve(`
gateway: { address: ${VM}, shield: true }
sources:
  till: { addresses: [${TILL}] }
  balancer: { addresses: [${balancer}] }
depots:
  1: { allow: [till], terminals: { 1: { aliases: [9001] } } }
flows:
  public: { listen: "${VM}:4001", target: ${target}, allow: [any] }
  wide: { listen: "0.0.0.0:4002", target: ${target}, allow: [till] }
  balanced: { listen: "${VM}:4003", target: ${target}, allow: [till], acceptProxy: [balancer] }
exceptions:
  - { rule: port-outside-plan, on: depot01-tpe01, reason: a test }
  - { rule: source-any, on: flow/public, reason: a test }
  - { rule: wildcard-listen, on: flow/wide, reason: a test }
`);
    await gateway.awaitEvent("ready");
    assert.deepEqual(host.visit(TILL, 10101, 9001, 4001, 4002), ["entered", "entered", "entered", "entered"]);
    const refused = "ECONNREFUSED";
    assert.deepEqual(host.visit(STRANGER, 10101, 9001, 4001, 4002), [refused, refused, "entered", refused]);
    // The till has a right, and must come by the balancer; what that one says is no header, says the process.
    assert.deepEqual(host.visit(TILL, 4003), [refused]);
    assert.deepEqual(host.visit(balancer, 4003), ["ECONNRESET"]);

    await gateway.ask("operate", { select: "depot01-tpe01", to: "closed" });
    assert.deepEqual(host.visit(TILL, 10101, 9001, 4001), [refused, refused, "entered"]);
    await gateway.ask("operate", { select: "depot01-tpe01", to: "open" });
    assert.deepEqual(host.visit(TILL, 10101, 9001), ["entered", "entered"]);
    gateway.signal("SIGTERM");
    await gateway.exited;
    assert.deepEqual(countedBy(gateway), {
      "depot01-tpe01 shielded": 4,
      "flow/balanced malformed": 1,
      "flow/balanced shielded": 1,
      "flow/wide shielded": 1,
    });
  });

  test("100,000 networks and 7,128 terminals; one terminal more is one element more", async (context) => {
    await using host = await ShieldedHost.create();
    const networks = Array.from(
      { length: 100_000 },
      (_, index) => `10.${index >> 15}.${(index >> 7) & 255}.${(index << 1) & 255}`,
    );
    const depots = Array.from(
      { length: 72 },
      (_, index) => `  ${index + 1}: { allow: [many, till], terminals: ${index < 71 ? 99 : 98} }`,
    );
    await using gateway = await host.serve(`
gateway: { address: ${VM}, shield: true }
sources:
  till: { addresses: [${TILL}] }
  many: { addresses: [${networks.join(", ")}] }
depots:
${depots.join("\n")}
`);
    await gateway.awaitEvent("ready", 1, 60_000);
    assert.deepEqual((await gateway.ask("status")).shield, { state: "up", answer: "reset" });
    assert.deepEqual(host.visit(TILL, 10101), ["entered"]);
    assert.deepEqual(host.visit(STRANGER, 17298, 17299), ["ECONNREFUSED", "ECONNREFUSED"]);
    const chain = host.chain;
    gateway.edit((inventory) => inventory.replace("terminals: 98", "terminals: 99"));
    const began = performance.now();
    await gateway.ask("apply");
    context.diagnostic(`one terminal more: ${Math.round(performance.now() - began)} ms, reading included`);
    assert.equal(host.chain, chain);
    const doors = host.vm.run("nft", "list", "map", "ip", "ecluse_shield", "doors");
    assert.equal(doors.match(/goto list-/g)?.length, 7_128);
    gateway.signal("SIGTERM");
    await gateway.exited;
  });

  test("a new process takes over without an instant in which strangers meet the process", async () => {
    await using host = await ShieldedHost.create();
    await using gateway = await host.serve(INVENTORY);
    await gateway.awaitEvent("ready");
    const inside = await host.enter(TILL, 4001);
    await using visiting = host.keepVisiting(STRANGER, 4001);
    await until(() => visiting.outcomes.length > 10, "a stranger knocks");
    const knocks = visiting.outcomes.length;
    await gateway.takeOver();
    assert.equal((await gateway.ask("status")).shield.state, "up", "it is the new process's now");
    await until(() => visiting.outcomes.length > knocks + 10, "and goes on knocking");
    assert.deepEqual(new Set(visiting.outcomes), new Set(["ECONNREFUSED"]));
    assert.equal(await inside("still"), "still");
    assert.deepEqual(host.visit(TILL, 4002), ["entered"]);
    const { id } = await gateway.ask("grant", { source: "stranger", select: "two", for: 3_600_000, reason: "a test" });
    assert.deepEqual(host.visit(STRANGER, 4002), ["entered"], "the new process keeps the table in step");
    await gateway.ask("revoke", { id });
    assert.equal("not-listed" in (await refusals(gateway)), false);
  });

  test("where the new process does not come up, the running one keeps its shield", async () => {
    await using host = await ShieldedHost.create();
    await using gateway = await host.serve(INVENTORY);
    await gateway.awaitEvent("ready");
    gateway.nextBuild("dies-when-given");
    await assert.rejects(gateway.takeOver());
    assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNREFUSED"]);
    await gateway.ask("grant", { source: "stranger", select: "flow/one", for: 3_600_000, reason: "a test" });
    assert.deepEqual(host.visit(STRANGER, 4001, 4002), ["entered", "ECONNREFUSED"]);
  });

  test("what a process that was killed left behind is replaced at the next start, or taken away", async () => {
    await using host = await ShieldedHost.create();
    const file = inventoryFile(INVENTORY.replace(", shield: true", ""));
    const start = (words: readonly string[]) => host.vm.start(process.execPath, ...words);
    const killed = async (work: () => Promise<void>): Promise<void> => {
      await using gateway = serveFile(file, { start });
      await gateway.awaitEvent("ready");
      await answering(file.control);
      await work();
    };
    await killed(async () => {
      assert.equal(host.isShielded, false);
      writeFileSync(file.path, INVENTORY);
      await call(file.control, "apply", { author: "test", confirm: 600_000 });
      assert.deepEqual(host.visit(TILL, 4001), ["entered"]);
    });
    assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNREFUSED"]);
    assert.equal(host.isShielded, true);
    // It was not confirmed: the inventory before it is in force again.
    await killed(async () => {
      assert.equal(host.isShielded, false);
      await call(file.control, "apply", { author: "test" });
    });
    host.vm.run("nft", "flush", "map", "ip", "ecluse_shield", "doors");
    await killed(() => {
      assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNREFUSED"]);
      assert.deepEqual(host.visit(TILL, 4001), ["entered"]);
      return Promise.resolve();
    });
    file.remove();
  });

  test("whoever flushes the kernel's rules takes the shield away for a moment, and nobody is shut out", async () => {
    await using host = await ShieldedHost.create();
    await using gateway = await host.serve(INVENTORY);
    await gateway.awaitEvent("ready");
    await using strangers = host.keepVisiting(STRANGER, 4001);
    await using tills = host.keepVisiting(TILL, 4002);
    await until(() => strangers.outcomes.length > 10, "a stranger knocks");
    host.vm.run("nft", "flush", "ruleset");
    // The change that meets the gap is made all the same.
    await gateway.ask("grant", { source: "stranger", select: "flow/two", for: 3_600_000, reason: "a test" });
    const down = await gateway.awaitEvent("shield", 2, 40_000);
    assert.equal(down["state"], "down");
    assert.equal((await gateway.awaitEvent("shield", 3, 40_000))["state"], "up");
    assert.deepEqual(host.visit(STRANGER, 4002, 4001), ["entered", "ECONNREFUSED"]);
    assert.deepEqual(new Set(tills.outcomes), new Set(["entered"]));
    // While there was none, the process judged.
    const refused = ["ECONNREFUSED", "ECONNRESET"];
    assert.deepEqual(new Set([...refused, ...strangers.outcomes]), new Set(refused));
    assert.match((await gateway.ask("metrics")).match(/^ecluse_shield_state.*$/gm)?.join() ?? "", /\{state="up"\} 1$/);
  });

  test("a copy of the rules that is loaded over them shuts out nobody for long", async () => {
    // With what is left of each element's time, and without: then all of it is left again.
    await Promise.all([loadedOver([]), loadedOver(["--stateless"])]);
  });

  test("an audit does not take it for a wall that drifted from the inventory", async () => {
    await using host = await ShieldedHost.create();
    await using gateway = await host.serve(INVENTORY);
    await gateway.awaitEvent("ready");
    // Neither stands in the file.
    await gateway.ask("grant", { source: "stranger", select: "flow/one", for: 3_600_000, reason: "a test" });
    await gateway.ask("operate", { select: "flow/two", to: "closed" });
    const subject = textSubject(INVENTORY);
    const read = { host: "gateway", askings: askingsFor(subject.inventory, "gateway"), now: Date.now };
    const facts = await collect({ ...read, shell: [...host.vm.entry, "sh"] });
    const walls = audit([facts], subject).filter(({ code }) => /wall|block|open/.test(code));
    assert.deepEqual(walls, []);
  });

  test("without the right to program the kernel it serves all the same, and says so", async () => {
    await using host = await ShieldedHost.create();
    const without = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", "--no-new-privs"];
    await using gateway = await host.serve(INVENTORY, without);
    await gateway.awaitEvent("ready");
    assert.deepEqual(host.visit(TILL, 4001), ["entered"]);
    assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNRESET"]);
    const [told, ...more] = gateway.ofEvent("shield");
    assert.match(
      String(told?.["message"]),
      /^The shield is down, strangers are refused by the process: .*not permitted/,
    );
    assert.match(String(told?.["hint"]), /CAP_NET_ADMIN/);
    assert.deepEqual(more, []);
    assert.equal((await gateway.ask("status")).shield.state, "down");
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
    assert.equal(gateway.ofEvent("shield").at(-1)?.["state"], "off");
  });
});

/** Somebody keeps what `nft list ruleset` says, and loads it again when the shield has changed. */
async function loadedOver(words: readonly string[]): Promise<void> {
  await using host = await ShieldedHost.create();
  await using gateway = await host.serve(INVENTORY);
  await gateway.awaitEvent("ready");
  host.visit(STRANGER, 4001);
  const copy = host.vm.run("nft", ...words, "list", "ruleset");
  const copied = performance.now();
  const { id } = await gateway.ask("grant", { source: "stranger", select: "one", for: 3_600_000, reason: "a test" });
  assert.deepEqual(host.visit(STRANGER, 4001), ["entered"]);
  // nft tells whole seconds.
  await until(() => performance.now() - copied > 3_000, "the copy is old");
  host.vm.tell(`flush ruleset\n${copy}`, "nft", "-f", "-");
  assert.equal(host.isShielded, true);
  const down = await gateway.awaitEvent("shield", 2, 40_000);
  assert.match(String(down["message"]), /another program replaced its table/);
  await gateway.awaitEvent("shield", 3, 40_000);
  assert.deepEqual(host.visit(STRANGER, 4001, 4002), ["entered", "ECONNREFUSED"]);
  await gateway.ask("revoke", { id });
  assert.deepEqual(host.visit(STRANGER, 4001), ["ECONNREFUSED"], "in step again");
}

/** Rows are written a moment after they are told of. */
async function journalled(gateway: Replaceable) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const rows = await gateway.ask("refusals");
    if (rows.length > 0 || performance.now() > deadline) return rows;
    await turns(50);
  }
}

/** Refusals that were told of, by flow and reason: they are told every few seconds, and added up here. */
function countedBy(gateway: Replaceable): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { flow, reason, count } of gateway.ofEvent("refused")) {
    const key = `${String(flow)} ${String(reason)}`;
    sums[key] = (sums[key] ?? 0) + Number(count);
  }
  return sums;
}

/** It is ready a moment before it can be asked, and the socket of a process that was killed is still there. */
async function answering(control: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  const answers = (): Promise<boolean> =>
    call(control, "status", {}).then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    assert.ok(performance.now() < deadline, "the gateway answers");
    await turns(50);
  }
}
