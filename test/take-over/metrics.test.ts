/** Metrics are the gateway's, whichever of its processes has counted; and their port is open throughout. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { askMetrics, valueOf } from "../metrics/page.ts";
import { place, siteBefore } from "../serve/serving.ts";
import {
  type Place,
  dial,
  ending,
  freePort,
  knock,
  listen,
  listenerAt,
  loopbackAddress,
  says,
  until,
} from "../support/loopback.ts";
import { type Replaceable, replaceable } from "./replaceable.ts";

const BYTES = 'ecluse_relayed_bytes_total{direction="to_target"}';
const ENDED = 'ecluse_sessions_ended_total{outcome="closed"}';
const REFUSED = 'ecluse_refusals_total{outcome="denied",reason="not-listed"}';

/** The samples, on the control socket, once one of them has this value. */
async function valuesOnce(
  gateway: Replaceable,
  sample: string,
  value: number,
): Promise<readonly (number | undefined)[]> {
  let page = "";
  const deadline = performance.now() + 30_000;
  while (valueOf(page, sample) !== value && performance.now() < deadline) page = await gateway.ask("metrics");
  return [ENDED, BYTES, REFUSED].map((each) => valueOf(page, each));
}

suite("metrics at a take-over", { timeout: 180_000 }, () => {
  test("counters go on, a session that changes hands counts once, the port keeps its socket", async () => {
    await using target = await listen((socket) => {
      socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
    });
    const site = await siteBefore([target]);
    const [door] = site.doors;
    assert.ok(door);
    const host = loopbackAddress();
    const at: Place = { host, port: await freePort(host) };
    await using gateway = await replaceable(
      site.inventory.replace("gateway: {", `gateway: { metrics: { listen: ${place(at)} },`),
    );
    await until(() => listenerAt(at) !== undefined, "metrics are served");
    const socket = listenerAt(at);

    const first = await dial({ ...door, from: site.till });
    assert.equal(await says(first, "12345"), "12345");
    first.end();
    await ending(first);
    await knock({ ...door, from: site.stranger });
    const long = await dial({ ...door, from: site.till });
    assert.equal(await says(long, "123"), "123");
    assert.deepEqual(await valuesOnce(gateway, REFUSED, 1), [1, 8, 1]);

    await gateway.takeOver();
    assert.deepEqual(await valuesOnce(gateway, REFUSED, 1), [1, 8, 1]);
    assert.equal(listenerAt(at), socket);
    assert.equal(gateway.ofEvent("unclaimed").length, 0);
    await until(() => gateway.processes().length === 2, "both processes");

    assert.equal(await says(long, "12"), "12");
    long.end();
    await ending(long);
    assert.deepEqual(await valuesOnce(gateway, ENDED, 2), [2, 10, 1]);
    await until(() => gateway.processes().length === 1, "the old process has ended");
    assert.equal((await askMetrics(at)).status, 200);
  });

  test("a take-over that fails changes nothing", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    const site = await siteBefore([target]);
    const [door] = site.doors;
    assert.ok(door);
    const host = loopbackAddress();
    const at: Place = { host, port: await freePort(host) };
    await using gateway = await replaceable(
      site.inventory.replace("gateway: {", `gateway: { metrics: { listen: ${place(at)} },`),
    );
    await knock({ ...door, from: site.stranger });
    gateway.nextBuild("hangs-when-given");
    const failed = assert.rejects(gateway.takeOver());
    let status = 200;
    while (status === 200) ({ status } = await askMetrics(at));
    assert.equal(status, 503, "who counts is not known yet");
    await failed;
    await knock({ ...door, from: site.stranger });
    assert.deepEqual(await valuesOnce(gateway, REFUSED, 2), [0, 0, 2]);
    assert.equal((await askMetrics(at)).status, 200);
  });
});
