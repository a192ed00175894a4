/** A gateway with a door for every terminal of the plan changes hands. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { descriptorLimit } from "../../src/engine/relay/ceiling.ts";
import { dial, freePort, listen, loopbackAddress, pause, says } from "../support/loopback.ts";
import { place } from "../serve/serving.ts";
import { replaceable } from "./replaceable.ts";

/** Passing a descriptor on takes another one for a moment; a host that allows few gets a smaller plan. */
const DEPOTS = Math.min(72, Math.floor((descriptorLimit() - 2_000) / 2 / 99));

suite("take-over of a whole plan", { timeout: 180_000 }, () => {
  test("every door keeps its socket, and no payment is lost meanwhile", async () => {
    await using target = await listen((socket) => {
      socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
    });
    const host = loopbackAddress();
    const [till, door] = [loopbackAddress(), { host, port: await freePort(host) }];
    await using gateway = await replaceable(
      [
        `gateway: { address: ${host} }`,
        `sources: { till: { addresses: [${till}], owner: Sales, reason: a test } }`,
        `flows: { echo: { listen: ${place(door)}, target: ${place(target)}, allow: [till] } }`,
        "depots:",
        ...Array.from({ length: DEPOTS }, (_, index) => `  ${index + 1}: { allow: [till], terminals: 1-99 }`),
        "",
      ].join("\n"),
    );
    const { doors } = await gateway.ask("status");
    assert.deepEqual(doors, { open: DEPOTS * 99 + 1, blocked: [] });
    const before = listeners(host);
    assert.equal(before.size, doors.open);

    const long = await dial({ ...door, from: till });
    const load = paying({ ...door, from: till });
    await gateway.takeOver(60_000);
    const heard = await load.stop();
    assert.deepEqual(
      heard.filter((text) => text !== "pay"),
      [],
    );
    assert.ok(heard.length > 50, `${heard.length} payments`);
    assert.equal(await says(long, "still here"), "still here");
    assert.deepEqual((await gateway.ask("status")).doors, doors);
    assert.deepEqual(listeners(host), before);
    long.end();
  });
});

/** The listening sockets at an address, by the kernel's own numbers for them. */
function listeners(host: string): ReadonlySet<string> {
  const address = Buffer.from(host.split(".").map(Number)).reverse().toString("hex").toUpperCase();
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const own = fields.filter(([, local = "", , state]) => local.startsWith(`${address}:`) && state === "0A");
  return new Set(own.map(([, local, , , , , , , , inode]) => `${local ?? ""} ${inode ?? ""}`));
}

function paying(door: Parameters<typeof dial>[0]) {
  let on = true;
  const heard: string[] = [];
  const till = async (): Promise<void> => {
    while (on) {
      const client = await dial(door);
      heard.push(await says(client, "pay"));
      client.end();
      await pause(5);
    }
  };
  const tills = [till(), till()];
  return {
    stop: async () => {
      on = false;
      await Promise.all(tills);
      return heard;
    },
  };
}
