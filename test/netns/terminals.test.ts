/**
 * The first founding document's network (`founding-network.ts`): what must connect does, what must be refused is refused on
 * each door, and the depots' own kernels count the SYNs.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { needs } from "../support/packages.ts";
import { DOORS, Network, STRANGER, TILL, VM, kinds } from "./founding-network.ts";

const INVENTORY = `
gateway:
  address: ${VM}
  terminals: { network: 172.17.0.0/16, firstHost: 10, port: 8888 }
  tunnel: { interface: tailscale0, routers: [172.17.240.1] }
sources:
  odoo: { addresses: [${TILL}] }
depots:
  1: { allow: [odoo], terminals: 2 }
  22: { allow: [odoo], terminals: 2 }
`;

const EVERY_TERMINAL = `
gateway: { address: ${VM} }
sources:
  odoo: { addresses: [${TILL}] }
depots:
${Array.from({ length: 72 }, (_, index) => `  ${index + 1}: { allow: [odoo], terminals: 1-99 }`).join("\n")}
`;

const skip = needs(["iproute2", "nftables"], { root: true });

suite("the founding document's network", { skip, timeout: 180_000 }, () => {
  test("a payment goes through each door; a stranger is refused at each, and no depot hears of it", async (context) => {
    await using network = await Network.create();
    network.startTerminals();
    const gateway = await network.serve(context, INVENTORY);
    assert.equal(gateway.ready.doors, 4);

    const paid = await network.pay(network.till, TILL);
    assert.deepEqual(
      kinds(paid),
      DOORS.map((door) => `${door} accepted`),
    );
    const heard = network.synsHeard();
    assert.deepEqual(heard, [2, 2], "the depots' kernels count the SYNs of the payments");

    const knocked = await network.pay(network.stranger, STRANGER);
    assert.deepEqual(
      kinds(knocked),
      DOORS.map((door) => `${door} refused ECONNRESET`),
    );
    assert.deepEqual(network.synsHeard(), heard, "no SYN for the stranger in any depot");

    const events = await gateway.stop();
    assert.deepEqual(
      events
        .filter(({ event }) => event === "session")
        .map(({ flow, source, rule, outcome }) => [flow, source, rule, outcome]),
      ["depot01-tpe01", "depot01-tpe02", "depot22-tpe01", "depot22-tpe02"].map((flow) => [
        flow,
        TILL,
        "odoo",
        "closed",
      ]),
    );
    assert.deepEqual(
      events.filter(({ event }) => event === "refused").map(({ source, count, reason }) => [source, count, reason]),
      DOORS.map(() => [STRANGER, 1, "not-listed"]),
    );
  });

  test("it listens on exactly its address, in IPv4 only", async (context) => {
    await using network = await Network.create();
    const gateway = await network.serve(context, INVENTORY);
    const listening = network.vm
      .run("ss", "-Htln")
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/)[3]);
    assert.deepEqual(listening.sort(), DOORS);
    await gateway.stop();
  });

  test("7,128 terminals of one inventory open in one process", async (context) => {
    await using network = await Network.create();
    network.startTerminals();
    const gateway = await network.serve(context, EVERY_TERMINAL);
    assert.deepEqual(gateway.ready, { event: "ready", doors: 7128, blocked: 0, flows: 7128 });
    assert.equal(network.vm.run("ss", "-Htln").trim().split("\n").length, 7128);
    assert.deepEqual(
      kinds(await network.pay(network.till, TILL)),
      DOORS.map((door) => `${door} accepted`),
    );
    const refused = await network.pay(network.stranger, STRANGER, [`${VM}:10101`, `${VM}:17299`]);
    assert.deepEqual(kinds(refused), [`${VM}:10101 refused ECONNRESET`, `${VM}:17299 refused ECONNRESET`]);
    await gateway.stop();
  });
});
