/**
 * A table that the kernel engine has left, and the relay that is to serve after it: refused, with the commands that mend
 * it; told of where a table comes later. The network is drawn in `crossing.ts`.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { REMOVING } from "../../../src/audit/compare/kernel-table.ts";
import { call } from "../../../src/control/client.ts";
import { type InventoryFile, type Serving, inventoryFile, serveFile } from "../../serve/serving.ts";
import { until } from "../../support/loopback.ts";
import { needs } from "../../support/packages.ts";
import { Crossing, GATEWAY, PORT, STRANGER, TERMINALS, TILL, TOWARDS_DEPOTS, flow } from "./crossing.ts";

const DOOR = 4_101;

function inventory(engine: "kernel" | "relay"): string {
  const settings = engine === "kernel" ? `engine: kernel, kernel: { source: ${TOWARDS_DEPOTS} }` : "engine: relay";
  return `
    gateway: { address: ${GATEWAY}, ${settings} }
    sources: { till: { addresses: [${TILL}], owner: Sales, reason: a test } }
    flows: { pay: { listen: "${GATEWAY}:${DOOR}", target: "${TERMINALS[0]}:${PORT}", allow: [till] } }
  `;
}

/** How the process is started that may not read nftables. */
const WITHOUT = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", "--no-new-privs"];

const skip = needs(["iproute2", "nftables", "conntrack"], { root: true });

suite("a table of the kernel engine before the relay's doors", { skip, timeout: 240_000 }, () => {
  test("after a kill the relay does not start; after the printed commands it does", async (context) => {
    await using crossing = await Crossing.create("kernel");
    const file = await leftByKill(context, crossing);
    const inside = await crossing.enter("inside", DOOR);

    const hint = await refusal(serve(crossing, file), /the kernel engine's table ip ecluse stands before its doors/);
    assert.ok(hint.endsWith(`: sudo ${REMOVING}`), hint);
    assert.equal(crossing.gateway.run("ss", "-Hltn"), "");

    // The careful way: nobody new, while those inside go on.
    runSudo(crossing, /first sudo (nft flush map ip ecluse doors), /, hint);
    assert.match(await crossing.knock("late", { port: DOOR, from: TILL }), /ECONNRE/);
    await crossing.exchange(inside);
    const listed = (): string => crossing.gateway.run("conntrack", "-L", "--dst-nat");
    assert.match(hint, /until sudo conntrack -L --dst-nat lists none/);
    assert.match(listed(), new RegExp(`src=${TILL} dst=${GATEWAY} .*dport=${DOOR} `));
    crossing.till.tell({ do: "reset", name: "inside" });
    await until(() => listed() === "", "conntrack lists none", 60_000);
    await refusal(serve(crossing, file), /stands before its doors/);

    runSudo(crossing, /then: sudo (.+)$/, hint);
    await using relay = serve(crossing, file);
    await relay.awaitEvent("ready");
    await payThroughTheRelay(crossing, relay);
    // Nothing is left that would stand in the way of one without the right.
    await ended(relay);
    await using another = serve(crossing, file, WITHOUT);
    await another.awaitEvent("ready");
  });

  test("without the right to read nftables, the state directory says so, until the machine is started anew", async (context) => {
    await using crossing = await Crossing.create("kernel");
    const file = await leftByKill(context, crossing);
    const mark = join(file.state, "kernel-table");

    const hint = await refusal(serve(crossing, file, WITHOUT), new RegExp(`as ${mark} says`));
    const said = readFileSync(mark, "utf8");
    // As at a start of the machine: no table, and another name for the time since.
    crossing.gateway.run("nft", "delete", "table", "ip", "ecluse");
    writeFileSync(mark, said.replace(/^\w+/, "0123456789abcdef0123456789abcdef"));
    await using rebooted = serve(crossing, file, WITHOUT);
    await rebooted.awaitEvent("ready");
    await ended(rebooted);
    // systemd's word for it, where the kernel's own cannot be read.
    writeFileSync(mark, said);
    await using told = serve(crossing, file, [...WITHOUT, "env", "ECLUSE_BOOT=0123456789abcdef0123456789abcdef"]);
    await told.awaitEvent("ready");
    await ended(told);

    // Somebody has removed the table, and nobody may look: the whole command is as right as before.
    await refusal(serve(crossing, file, WITHOUT), /without CAP_NET_ADMIN nobody sees whether it stands/);
    runSudo(crossing, /then: (.+)$/, hint);
    await using relay = serve(crossing, file, WITHOUT);
    await relay.awaitEvent("ready");
    await payThroughTheRelay(crossing, relay);
  });

  test("a stop takes the sign away; --keep-rules leaves it, and the kernel engine may come back", async (context) => {
    await using crossing = await Crossing.create("kernel");
    const file = inventoryFile(inventory("kernel"));
    context.after(file.remove);
    for (const words of [["--keep-rules"], []]) {
      await using kernel = serve(crossing, file, [], words);
      await kernel.awaitEvent("ready");
      await ended(kernel);
    }
    writeFileSync(file.path, inventory("relay"));
    await using kernel = serve(crossing, file, [], ["--keep-rules"]);
    await ready(kernel, file);
    await call(file.control, "apply", { author: "test" });
    await ended(kernel);
    await refusal(serve(crossing, file, WITHOUT), /has left its table/);
    await refusal(serve(crossing, file), /stands before its doors/);
  });

  test("one that comes while the relay serves is told: its doors are blocked until it is gone", async (context) => {
    await using crossing = await Crossing.create("kernel");
    const file = inventoryFile(inventory("relay"));
    context.after(file.remove);
    await using relay = serve(crossing, file);
    await ready(relay, file);
    const another = crossing.start();
    await another.apply([flow(DOOR)]);
    await call(file.control, "operate", { author: "test", select: "flow/pay", to: "closed" });
    const { message } = await relay.awaitEvent("blocked");
    assert.match(String(message), /^Nobody comes to 198\.51\.100\.10:4101: the kernel engine's table ip ecluse stands/);
    const { doors } = (await call(file.control, "status", {})) as { doors: { blocked: readonly { flow: string }[] } };
    assert.deepEqual(
      doors.blocked.map(({ flow: id }) => id),
      ["flow/pay"],
    );
    // A first start there is refused, too, and has applied nothing.
    const fresh = inventoryFile(inventory("relay"));
    context.after(fresh.remove);
    const hint = await refusal(serve(crossing, fresh), /stands before its doors/);
    assert.match(hint, /^unless another gateway serves with it; /);
    assert.deepEqual(readdirSync(join(fresh.state, "history")), []);
    await another.drain(0);
    await call(file.control, "operate", { author: "test", select: "flow/pay", to: "open" });
    await relay.awaitEvent("unblocked");
    // Beside it, at other doors, it stands in nobody's way.
    await another.kill();
    const elsewhere = crossing.start();
    await elsewhere.apply([flow(DOOR + 1)]);
    await ended(relay);
    await using next = serve(crossing, file);
    await next.awaitEvent("ready");
  });
});

/** Served with the kernel engine, told of the relay for the next start, killed: its rules go on letting in the till. */
async function leftByKill(context: TestContext, crossing: Crossing): Promise<InventoryFile> {
  const file = inventoryFile(inventory("kernel"));
  context.after(file.remove);
  await using kernel = serve(crossing, file);
  await ready(kernel, file);
  writeFileSync(file.path, inventory("relay"));
  await call(file.control, "apply", { author: "test" });
  return file;
}

function serve(crossing: Crossing, file: InventoryFile, before: readonly string[] = [], more: readonly string[] = []) {
  return serveFile(file, {
    words: more,
    start: (words) => {
      const [first = "", ...rest] = [...crossing.gateway.entry, ...before, process.execPath, ...words];
      return spawn(first, rest, { stdio: ["ignore", "pipe", "pipe"] });
    },
  });
}

/** Its doors are open, and it can be asked. */
async function ready(serving: Serving, { control }: InventoryFile): Promise<void> {
  await serving.awaitEvent("ready");
  await until(() => existsSync(control), "it can be asked", 15_000);
}

/** That it ends as any start that fails, having opened nothing, and says so; its hint. */
async function refusal(serving: Serving, message: RegExp): Promise<string> {
  await using ending = serving;
  const end = ending.awaitEvent("ready").then(
    () => assert.fail("it serves"),
    () => ending.exited,
  );
  assert.deepEqual(await end, [2, null], serving.errors());
  const [, error = "", hint = ""] =
    /^ecluse: error: (.*)\necluse: hint: (.*)\n$/m.exec(serving.errors()) ?? assert.fail(serving.errors());
  assert.match(error, message);
  assert.match(error, /^Cannot serve with the relay: /);
  return hint;
}

/** What the hint says, without becoming root first. */
function runSudo(crossing: Crossing, part: RegExp, hint: string): void {
  const [, command] = part.exec(hint) ?? assert.fail(hint);
  crossing.gateway.run("sh", "-c", (command ?? "").replaceAll("sudo ", ""));
}

async function payThroughTheRelay(crossing: Crossing, relay: Serving): Promise<void> {
  const entered = await crossing.enter("new", DOOR);
  await crossing.exchange(entered);
  await crossing.leave(entered, "till");
  assert.equal((await relay.awaitEvent("session"))["source"], TILL);
  assert.match(await crossing.knock("stranger", { port: DOOR, from: STRANGER }), /ECONNRE/);
}

async function ended(serving: Serving): Promise<void> {
  serving.signal("SIGTERM");
  assert.deepEqual(await serving.exited, [0, null], serving.errors());
}
