/** `ecluse accept` against a gateway on loopback: what is let in and refused there, as its report says it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Report } from "../../src/accept/report.ts";
import type { Judged } from "../../src/accept/verdict.ts";
import { canonicalJson } from "../../src/journal/canonical.ts";
import type { Json } from "../../src/journal/rows.ts";
import { dial, freePort, listen, loopbackAddress, says } from "../support/loopback.ts";
import { type Running, running } from "./running.ts";

type Cell = [flow: string, kind: string, from: string | undefined, verdict: string, found: string | undefined];

function told(report: Report): readonly Cell[] {
  return report.cells.map((cell): Cell => {
    return [cell.flow, cell.case, cell.vantage, cell.verdict, cell.found ?? cell.skip];
  });
}

async function accept(gateway: Running, ...words: readonly string[]): Promise<Report & { readonly exit: number }> {
  const { out, exit } = await gateway.ecluse("accept", "--json", ...words);
  return { ...(JSON.parse(out) as Report), exit };
}

function cellsOf({ cells }: Report, verdict: Judged["verdict"]): readonly Judged[] {
  return cells.filter((cell) => cell.verdict === verdict);
}

suite("ecluse accept", { timeout: 280_000 }, () => {
  test("the till is let in, the stranger and IPv6 are refused, and the journal shows it", async () => {
    await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([terminal]);
    const { till, stranger } = gateway.site;
    const report = await accept(gateway, "--from", till, "--from", stranger);
    assert.deepEqual(
      told(report).filter(([, kind]) => kind !== "ipv6"),
      [
        ["flow/door1", "authorised", till, "passed", "open"],
        ["flow/door1", "stranger", stranger, "passed", "reset"],
      ],
    );
    const overIpv6 = report.cells.filter((cell) => cell.case === "ipv6");
    assert.ok(overIpv6.length > 0);
    for (const { verdict, found } of overIpv6) assert.deepEqual([verdict, found], ["passed", "refused"]);
    assert.equal(terminal.count.total, 1);
    assert.equal(report.exit, 0);
    assert.equal(report.gateway?.same, true);
  });

  test("a gateway that lets in more than the inventory says is named, cell by cell", async () => {
    await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
    const host = loopbackAddress();
    // Nobody answers there: who is let in gets RST all the same, as who is refused does.
    const gone = { host, port: await freePort(host) };
    const stranger = loopbackAddress();
    const wide = (text: string): string => text.replaceAll(/addresses: \[([\d.]+)\]/g, `addresses: [$1, ${stranger}]`);
    await using gateway = await running([terminal, gone], { edit: wide });
    gateway.write((text) => text);
    const { till } = gateway.site;
    const report = await accept(gateway, "--from", till, "--from", stranger);
    assert.deepEqual(
      cellsOf(report, "failed").map((cell) => [cell.flow, cell.case, cell.found, cell.detail]),
      [
        ["flow/door1", "stranger", "let-in", "till"],
        ["flow/door2", "authorised", "not-reached", "dial-failed"],
        ["flow/door2", "stranger", "let-in", "till"],
      ],
    );
    assert.equal(report.exit, 1);
    assert.equal(report.gateway?.same, false);
    const { out } = await gateway.ecluse("accept", "--from", till, "--from", stranger);
    assert.match(out, /^flow\/door1 +127\S+ +127\S+ +stranger +refused +LET IN by the gateway.*\(till\)$/m);
    assert.match(out, /^the gateway runs another inventory: number 1 of its history$/m);
  });

  test("nobody knocks beside a session, and nothing is passed that was not tried", async () => {
    await using terminal = await listen((socket) => void socket.pipe(socket));
    await using gateway = await running([terminal], {
      edit: (text) => text.replace("allow: [till] }", "allow: [till], sessions: 1 }"),
    });
    const { till, doors } = gateway.site;
    const client = await dial({ ...(doors[0] ?? assert.fail()), from: till });
    client.on("error", () => undefined);
    await says(client, "hello");
    const report = await accept(gateway, "--from", till);
    assert.deepEqual(
      told(report).filter(([, kind]) => kind !== "ipv6"),
      [
        ["flow/door1", "authorised", till, "not-tried", "somebody-inside"],
        ["flow/door1", "stranger", undefined, "not-tried", "no-vantage"],
      ],
    );
    assert.equal(terminal.count.total, 1);
    client.destroy();
  });

  test("an ended right and a closed door are refused; a temporary right lets in", async () => {
    await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
    const [late, guest] = [loopbackAddress(), loopbackAddress()];
    const edit = (text: string): string =>
      text
        .replace("sources: {", `sources: { late: { addresses: [${late}], owner: Sales, reason: a test },`)
        .replace("allow: [till]", "allow: [till, { source: late, until: 2026-01-01T00:00:00Z, reason: Ticket 4711 }]");
    await using gateway = await running([terminal, terminal], { edit });
    const { till } = gateway.site;
    await gateway.ecluse("grant", guest, "door1", "--for", "1h", "--reason", "Ticket 4712");
    await gateway.ecluse("close", "door2", "--reason", "a test");
    const report = await accept(gateway, ...[till, late, guest].flatMap((from) => ["--from", from]));
    assert.deepEqual(
      told(report).filter(([, kind]) => kind !== "ipv6"),
      [
        ["flow/door1", "authorised", till, "passed", "open"],
        ["flow/door1", "expired", late, "passed", "reset"],
        ["flow/door1", "authorised", guest, "passed", "open"],
        ["flow/door2", "closed", till, "passed", "reset"],
        ["flow/door2", "closed", late, "passed", "reset"],
        ["flow/door2", "closed", guest, "passed", "reset"],
      ],
    );
    assert.equal(report.gateway?.temporary, 1);
  });

  test("the report is written in both languages, and its hash is that of its data", async () => {
    await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([terminal]);
    const out = mkdtempSync(join(tmpdir(), "ecluse-accept-"));
    const { till } = gateway.site;
    const { exit } = await gateway.ecluse(
      ...["accept", "--from", till, "--from", gateway.site.stranger, "--out", out],
      ...["--load", "--rate", "50/s", "--for", "1s"],
    );
    assert.equal(exit, 0);
    assert.deepEqual(readdirSync(out).sort(), ["acceptance.en.html", "acceptance.fr.html", "acceptance.json"]);
    const { hash, ...report } = JSON.parse(readFileSync(join(out, "acceptance.json"), "utf8")) as Report & {
      readonly hash: string;
    };
    assert.equal(
      createHash("sha256")
        .update(canonicalJson(report as unknown as Json))
        .digest("hex"),
      hash,
    );
    assert.equal(report.load?.failed["ECONNRESET"], undefined);
    assert.ok((report.load?.visits ?? 0) > 0);
    for (const [language, title] of [
      ["fr", "Procès-verbal de recette"],
      ["en", "Acceptance report"],
    ] as const) {
      const page = readFileSync(join(out, `acceptance.${language}.html`), "utf8");
      assert.ok(page.includes(`<h1>${title}</h1>`) && page.includes(hash) && page.includes(till));
      assert.doesNotMatch(page, /<script|https?:|src=|url\(/);
    }
    rmSync(out, { recursive: true });
  });

  test("without a gateway there is no acceptance", async () => {
    await using terminal = await listen(() => undefined);
    await using gateway = await running([terminal]);
    await gateway.stop();
    await assert.rejects(gateway.ecluse("accept", "--from", gateway.site.till), { code: "no-gateway" });
  });

  test("a file that is not told of is not written over by a folder", async () => {
    await using terminal = await listen((socket) => socket.resume().on("end", () => socket.end()));
    await using gateway = await running([terminal]);
    const file = join(gateway.state, "a-file");
    writeFileSync(file, "");
    const words = ["accept", "--from", gateway.site.till, "--out", file];
    await assert.rejects(gateway.ecluse(...words), { code: "cannot-write" });
  });
});
