/** `ecluse logs`: the journal and the firewall's log of one terminal, in order of time. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { dial, ending, listen } from "../support/loopback.ts";
import { running } from "./running.ts";

suite("ecluse logs", { timeout: 180_000 }, () => {
  test("a session and a packet that UFW blocked before it, of this terminal only", async () => {
    await using target = await listen((socket) => void socket.pipe(socket));
    await using gateway = await running([target, target]);
    const { site, file } = gateway;
    const [door, other] = site.doors;
    assert.ok(door && other);
    const till = await dial({ ...door, from: site.till });
    till.end("hello");
    await ending(till);
    const blocked = (port: number): string =>
      `2020-01-01T00:00:00Z gateway kernel: [1.0] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.66 DST=${door.host} LEN=60 PROTO=TCP SPT=4 DPT=${port} SYN`;
    const log = join(dirname(file), "ufw.log");
    writeFileSync(log, `${blocked(door.port)}\n${blocked(other.port)}\n`);
    let answer = await gateway.ecluse("logs", "door1", "--ufw-log", log);
    // The journal is written a moment after the session.
    for (let tries = 0; tries < 100 && !answer.out.includes("closed by"); tries += 1) {
      answer = await gateway.ecluse("logs", "door1", "--ufw-log", log);
    }
    const [, first = "", second = "", ...rest] = answer.out.trimEnd().split("\n");
    assert.match(first, / ufw\.log +UFW block: 192\.0\.2\.66 to /);
    assert.match(second, / journal +flow\/door1: .* closed by client after \d+ ms; 5 bytes to it, 5 back$/);
    assert.deepEqual(rest, []);
    const json = JSON.parse((await gateway.ecluse("logs", "door1", "--ufw-log", log, "--json")).out) as {
      readonly lines: readonly unknown[];
    };
    assert.equal(json.lines.length, 2);
    const missing = await gateway.ecluse("logs", "door1", "--ufw-log", "/no/such");
    assert.match(missing.err, /^not read: \/no\/such: ENOENT$/m);
  });
});
