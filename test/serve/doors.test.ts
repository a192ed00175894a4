/** Doors that `ecluse serve` opens, cannot open, and opens later. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { suite, test } from "node:test";
import { type Peer, dial, freePort, isListening, listen, loopbackAddress } from "../support/loopback.ts";
import { Host } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { place, serve, siteBefore, withoutTime } from "./serving.ts";

/** Says what it hears, and ends when its client does. */
function echo(): Promise<Peer> {
  return listen((socket) => void socket.pipe(socket));
}

async function relays(door: { readonly host: string; readonly port: number } | undefined, from: string): Promise<void> {
  assert.ok(door);
  const client = await dial({ ...door, from });
  client.write("ping");
  const [reply] = (await once(client, "data")) as [Buffer];
  assert.equal(reply.toString(), "ping");
  client.destroy();
}

suite("the doors of ecluse serve", { timeout: 180_000 }, () => {
  test("a busy port is told in words, the others serve, and it opens when it is free", async () => {
    await using target = await echo();
    const site = await siteBefore([target, target]);
    const [free, busy] = site.doors;
    assert.ok(free && busy);
    await using other = await listen(() => undefined, busy);
    await using gateway = serve(site.inventory);
    const { doors, blocked } = await gateway.awaitEvent("ready");
    assert.deepEqual([doors, blocked], [1, 1]);
    const told = withoutTime(await gateway.awaitEvent("blocked"));
    assert.deepEqual(told, {
      event: "blocked",
      flow: "flow/door2",
      endpoint: place(busy),
      message: `Cannot listen on ${place(busy)}: address already in use (another program listens there: ss -ltnp)`,
    });
    await relays(free, site.till);

    await other[Symbol.asyncDispose]();
    const opened = withoutTime(await gateway.awaitEvent("unblocked"));
    assert.deepEqual(opened, {
      event: "unblocked",
      flow: "flow/door2",
      endpoint: place(busy),
      message: `Listening on ${place(busy)} now`,
    });
    await relays(busy, site.till);
    assert.equal(gateway.ofEvent("blocked").length, 1, "told once, not at each try");
  });

  test("with every door blocked it stays, and opens them when they are free", async () => {
    await using target = await echo();
    const site = await siteBefore([target, target]);
    await using others = new AsyncDisposableStack();
    for (const door of site.doors) others.use(await listen(() => undefined, door));
    await using gateway = serve(site.inventory);
    const { doors, blocked } = await gateway.awaitEvent("ready");
    assert.deepEqual([doors, blocked], [0, 2]);
    await others.disposeAsync();
    await gateway.awaitEvent("unblocked", 2);
    for (const door of site.doors) await relays(door, site.till);
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
  });

  test("with every door blocked SIGTERM ends it at once", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    await using other = await listen(() => undefined, site.doors[0]);
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    assert.equal(other.count.total, 0);
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
  });

  test("an address that is not on this host is told; the process waits for it", async () => {
    await using target = await echo();
    // TEST-NET-1: never an address of this host.
    const site = await siteBefore([target], { host: "192.0.2.1", ports: [7001] });
    await using gateway = serve(site.inventory);
    const { message } = await gateway.awaitEvent("blocked");
    assert.equal(message, "Cannot listen on 192.0.2.1:7001: this host does not have that address (yet): ip -4 address");
    assert.equal((await gateway.awaitEvent("ready"))["blocked"], 1);
    gateway.signal("SIGTERM");
    assert.deepEqual(await gateway.exited, [0, null]);
  });

  test("it listens on exactly its doors, in IPv4 only, and on nothing else", async () => {
    await using target = await echo();
    const host = loopbackAddress();
    const site = await siteBefore([target, target], { host });
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    assert.deepEqual(listenersOf(gateway.pid), site.doors.map(place).sort());
    const neighbour = { host: loopbackAddress(), port: site.doors[0]?.port ?? 0 };
    assert.equal(isListening(neighbour), false);
    await assert.rejects(dial(neighbour), { code: "ECONNREFUSED" });
  });

  test("the ports of its doors are free again once it has ended", async () => {
    await using target = await echo();
    const site = await siteBefore([target]);
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    gateway.signal("SIGTERM");
    await gateway.exited;
    await using again = await listen(() => undefined, site.doors[0]);
    assert.equal(again.port, site.doors[0]?.port);
    assert.equal(await freePort(again.host).then((port) => port > 0), true);
  });
});

const skip = needs(["iproute2"], { root: true });

suite("a host whose address comes later", { skip, timeout: 180_000 }, () => {
  test("the doors open when the address is there", async () => {
    await using host = await Host.create("late");
    const target = loopbackAddress();
    const inventory = [
      "gateway: { address: 198.51.100.10 }",
      "sources: { till: { addresses: [203.0.113.7], owner: Sales, reason: a test } }",
      `flows: { door: { listen: "198.51.100.10:7001", target: "${target}:7002", allow: [till] } }`,
    ].join("\n");
    await using gateway = serve(inventory, { start: (words) => host.start(process.execPath, ...words) });
    await gateway.awaitEvent("blocked");
    host.run("ip", "address", "add", "198.51.100.10/32", "dev", "lo");
    assert.equal((await gateway.awaitEvent("unblocked"))["endpoint"], "198.51.100.10:7001");
  });
});

/** `address:port` of every listening socket of a process; an IPv6 one as it stands in the kernel's table. */
function listenersOf(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(pid, fd))?.[1] ?? []),
  );
  const rows = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, "utf8").trim().split("\n"));
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A" && inodes.has(fields[9] ?? ""))
    .map((fields) => readable(fields[1] ?? ""))
    .sort();
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return "";
  }
}

/** Linux, Documentation/networking/proc_net_tcp.rst: the address as a native number in hex. */
function readable(place: string): string {
  const [address = "", port = ""] = place.split(":");
  if (address.length !== 8) return place;
  const octets = (address.match(/../g) ?? []).reverse().map((octet) => parseInt(octet, 16));
  return `${octets.join(".")}:${parseInt(port, 16)}`;
}
