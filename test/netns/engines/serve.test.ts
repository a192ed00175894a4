/**
 * The first founding document's network (`../founding-network.ts`) with the kernel engine: `ecluse serve`, real payments, a
 * stranger, the depots' own kernels as witnesses, and a host that is as it was afterwards.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { until } from "../../support/loopback.ts";
import { needs } from "../../support/packages.ts";
import { DOORS, Network, STRANGER, TILL, VM, kinds } from "../founding-network.ts";

const INVENTORY = `
gateway:
  address: ${VM}
  engine: kernel
  kernel: { source: 172.17.240.2 }
  terminals: { network: 172.17.0.0/16, firstHost: 10, port: 8888 }
sources:
  odoo: { addresses: [${TILL}] }
depots:
  1: { allow: [odoo], terminals: 2 }
  22: { allow: [odoo], terminals: 2 }
`;

const skip = needs(["iproute2", "nftables", "conntrack"], { root: true });

suite("ecluse serve with the kernel engine", { skip, timeout: 180_000 }, () => {
  test("payments pass, a stranger is refused and told of, and nothing is left behind", async (context) => {
    await using network = await Network.create();
    network.startTerminals();
    network.vm.forward();
    const gateway = await network.serve(context, INVENTORY);
    assert.equal(gateway.ready.doors, 4);
    assert.deepEqual(
      kinds(await network.pay(network.till, TILL)),
      DOORS.map((door) => `${door} accepted`),
    );
    const heard = network.synsHeard();
    assert.deepEqual(heard, [2, 2], "the depots' kernels count the SYNs of the payments");
    const refused = (await network.pay(network.stranger, STRANGER)).map(({ door, kind }) => `${door} ${kind}`);
    assert.deepEqual(
      refused,
      DOORS.map((door) => `${door} refused`),
    );
    assert.deepEqual(network.synsHeard(), heard, "no SYN for the stranger in any depot");

    const events = await gateway.stop();
    assert.deepEqual(
      events
        .filter(({ event }) => event === "session")
        .map(({ flow, source, rule, outcome }) => [flow, source, rule, outcome])
        .sort(),
      ["depot01-tpe01", "depot01-tpe02", "depot22-tpe01", "depot22-tpe02"].map((flow) => [
        ...[flow, TILL, "odoo", "closed"],
      ]),
    );
    assert.deepEqual(
      events.filter(({ event }) => event === "refused").map(({ source, count, reason }) => [source, count, reason]),
      DOORS.map(() => [STRANGER, 1, "not-listed"]),
    );
    assert.equal(network.vm.run("nft", "list", "ruleset").trim(), "");
  });

  test("somebody removes the table: that is told, and it is back", async (context) => {
    await using network = await Network.create();
    network.vm.forward();
    const gateway = await network.serve(context, INVENTORY);
    network.vm.run("nft", "delete", "table", "ip", "ecluse");
    await until(() => network.vm.run("nft", "list", "tables").includes("table ip ecluse"), "the table is back");
    const found = "it is gone, or cannot be read";
    assert.deepEqual(
      (await gateway.stop()).filter(({ event }) => event === "table-altered").map(({ time: _, ...event }) => event),
      [
        {
          event: "table-altered",
          found: [found],
          message: `The kernel engine's table ip ecluse is not as it was told, and is loaded anew: ${found}`,
        },
      ],
    );
  });
});
