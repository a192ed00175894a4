/** `journal`, `refusals`, `usage`, `changes`: what was. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dial, ending, knock, listen } from "../support/loopback.ts";
import { type Running, eventually, running } from "./running.ts";

/** Sends so many bytes through a door, gets nothing back, and closes. */
async function pay({ site }: Running, index: number, bytes: number): Promise<void> {
  const door = site.doors[index];
  assert.ok(door);
  const socket = await dial({ ...door, from: site.till });
  socket.end("x".repeat(bytes));
  assert.equal((await ending(socket)).by, "end");
}

suite("journal", { timeout: 180_000 }, () => {
  test("answers a disputed payment: who, when, bytes each way, who closed first and why", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end("receipt")));
    await using other = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target, other]);
    const { site, ecluse } = gateway;
    await pay(gateway, 0, 1_234);
    await pay(gateway, 1, 5);
    const { out, err } = await eventually(
      () => ecluse("journal", "--from", "1h"),
      (printed) => printed.out.split("\n").length === 4,
    );
    assert.equal(err, "");
    const source = site.till.replaceAll(".", "\\.");
    const instant = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d";
    const expected = `^${instant} +flow/door1 +${source} +till +\\d+ ms +1\\.2 kB +7 B +closed +client$`;
    assert.match(out, new RegExp(expected, "m"));

    const rowsOf = async (...words: readonly string[]): Promise<number> => {
      const { rows } = (await gateway.json("journal", ...words)) as { rows: readonly unknown[] };
      return rows.length;
    };
    assert.equal(await rowsOf("door1"), 1);
    assert.equal(await rowsOf("--source", site.till), 2);
    assert.equal(await rowsOf("--source", site.stranger), 0);
    assert.equal(await rowsOf("--outcome", "closed"), 2);
    assert.equal(await rowsOf("--outcome", "reset"), 0);
    assert.equal(await rowsOf("--to", "1h"), 0);
    const cut = await ecluse("journal", "--limit", "1");
    assert.match(cut.err, /^ecluse: warning: only the newest 1 are shown/);

    const csv = await ecluse("journal", "door1", "--csv");
    const [header, row] = csv.out.split("\r\n");
    assert.match(
      header ?? "",
      /^started,ended,duration,flow,source,rule,endpoint,target,bytesToTarget,bytesToClient,outcome,by/,
    );
    assert.match(row ?? "", new RegExp(`Z,\\d+,flow/door1,${source},till,.*,1234,7,closed,client,`));
    const none = await ecluse("journal", "--from", "2026-01-01", "--to", "2026-01-02T12:00Z");
    assert.match(none.out, /^no session from 2026-01-01T00:00:00\S+ to 2026-01-0\S+\n$/);
  });

  test("what cannot be asked is an error that says why", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    const mistakes = [
      ["--from", "yesterday"],
      ["--from", "1h", "--to", "2h"],
      ["--outcome", "gone"],
      ["--source", "here"],
      ["--limit", "many"],
      ["--limit", "5000"],
      ["--csv", "--json"],
    ];
    for (const words of mistakes) {
      await assert.rejects(gateway.ecluse("journal", ...words), { code: "usage" }, words.join(" "));
    }
  });
});

suite("refusals and usage", { timeout: 180_000 }, () => {
  test("who knocks in vain, and which grants nobody used", async () => {
    await using target = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([target, target]);
    const { site, ecluse } = gateway;
    const [door] = site.doors;
    assert.ok(door);
    assert.equal((await ecluse("refusals")).out, "nobody was refused\n");
    for (let times = 0; times < 3; times += 1) await knock({ ...door, from: site.stranger });
    await pay(gateway, 0, 1);
    await eventually(
      () => ecluse("refusals", "--from", "1h"),
      ({ out }) => /^SOURCE +TIMES .*\n127\.\S+ +3 +\S+ +\S+ +not-listed: 3\n$/.test(out),
    );
    assert.match((await ecluse("refusals", "--by", "flow")).out, /^FLOW +TIMES .*\nflow\/door1 +3 /);
    assert.match((await ecluse("refusals", "--csv")).out, /^source,count,first,last,reasons\r\n127\S+,3,/);
    await assert.rejects(ecluse("refusals", "--by", "day"), { code: "usage" });

    const { out, err } = await eventually(
      () => ecluse("usage"),
      (printed) => !printed.out.includes("flow/door1"),
    );
    assert.match(out, /^FLOW +NEVER ENTERED BY\nflow\/door2 +till\n$/);
    assert.match(err, /^ecluse: warning: the journal began at /);
    await assert.rejects(ecluse("usage", "--days", "0"), { code: "usage" });
  });
});

suite("changes", { timeout: 180_000 }, () => {
  test("who did what, and an unbroken chain", async () => {
    await using target = await listen(() => undefined);
    await using gateway = await running([target]);
    const { ecluse } = gateway;
    await ecluse("drain", "door1");
    const { out } = await eventually(
      () => ecluse("changes", "--from", "1h"),
      (printed) => printed.out.includes("operated"),
    );
    assert.match(
      out,
      /^NUMBER +WHEN +BY +WHAT +DETAIL +HASH\n2 +\S+ +operator +operated +.*flow\/door1.* +[0-9a-f]{12}\n1 /,
    );
    const verified = await ecluse("journal", "--verify");
    assert.equal(verified.exit, 0);
    assert.match(verified.out, /^unbroken: 2 records checked; the last is 2, with hash [0-9a-f]{64}\n$/);
    assert.match((await ecluse("changes", "--csv")).out, /^seq,at,by,action,subject,detail,hash\r\n2,/);
  });
});
