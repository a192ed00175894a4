/** `ecluse probe`: what a person sees of terminals that answer, are down, or are in use. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dial, freePort, listen, loopbackAddress, says } from "../support/loopback.ts";
import { running } from "./running.ts";

suite("ecluse probe", { timeout: 180_000 }, () => {
  test("says of each terminal how it is, and exits with 1 where one is down", async () => {
    await using up = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using used = await listen((socket) => void socket.pipe(socket));
    const host = loopbackAddress();
    const gone = { host, port: await freePort(host) };
    await using gateway = await running([up, used, gone]);
    const { site } = gateway;
    const till = await dial({ ...(site.doors[1] ?? assert.fail()), from: site.till });
    till.on("error", () => undefined);
    await says(till, "hello");
    const { out, exit } = await gateway.ecluse("probe");
    assert.match(out, /^flow\/door1 +takes connections +\d+ ms$/m);
    assert.match(out, /^flow\/door2 +not tried: somebody is inside +0 ms$/m);
    assert.match(out, /^flow\/door3 +cannot be reached \(ECONNREFUSED\) +\d+ ms$/m);
    assert.match(out, /^flow\/door3: down since .* \(ECONNREFUSED\)$/m);
    assert.equal(exit, 1);
    assert.equal(used.count.total, 1);
    till.end();
    assert.equal((await gateway.ecluse("probe", "door1")).exit, 0);
    const json = JSON.parse((await gateway.ecluse("probe", "door1", "--json")).out) as { probes: unknown[] };
    assert.equal(json.probes.length, 1);
  });
});
