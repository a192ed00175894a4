/** `ecluse why` beside a running gateway, with terminals on loopback: what it says, and whom it leaves alone. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { suite, test } from "node:test";
import type { Why } from "../../src/diagnose/why/why.ts";
import { type Peer, listen, until } from "../support/loopback.ts";
import { type Running, running } from "./running.ts";

suite("why", { timeout: 180_000 }, () => {
  test("a terminal that answers is connected to once, and told nothing", async () => {
    const heard: Buffer[] = [];
    await using terminal = await terminalAt(1, (chunk) => heard.push(chunk));
    await using gateway = await before(terminal);
    const { exit, out } = await gateway.ecluse("why", "22/1", "--from", gateway.site.till);
    assert.equal(exit, 0, out);
    assert.match(out, /^Terminal 1 of depot 22 can be reached\.$/m);
    await until(() => terminal.count.open === 0, "it closes");
    assert.deepEqual([terminal.count.total, heard.length], [1, 0]);
  });

  test("one that refuses is named; a stranger is told at the door; JSON says which step", async () => {
    await using terminal = await terminalAt(1);
    await using gateway = await before(terminal);
    const refused = await gateway.ecluse("why", "22/2");
    assert.equal(refused.exit, 1);
    assert.match(refused.out, /^Terminal 2 of depot 22 is switched on and refuses/m);
    const stranger = (await gateway.json("why", "22/1", "--from", gateway.site.stranger)) as Why;
    assert.equal(stranger.broken, "grant");
    assert.deepEqual(
      stranger.steps.map(({ name, state }) => `${name} ${state}`),
      ["inventory passed", "grant breaks"],
    );
    assert.equal(terminal.count.total, 0);
  });

  test("what an operator closed is not looked at", async () => {
    await using terminal = await terminalAt(1);
    await using gateway = await before(terminal);
    await gateway.ecluse("close", "22/1", "--reason", "inventory day");
    const { exit, out } = await gateway.ecluse("why", "22/1");
    assert.equal(exit, 1);
    assert.match(out, /closed on purpose by operator: inventory day\.$/m);
    assert.equal(terminal.count.total, 0);
  });

  test("a terminal with a session inside is left alone", async () => {
    await using terminal = await terminalAt(1);
    await using gateway = await before(terminal);
    const till = connect({ host: gateway.site.doors[0]?.host ?? "", port: 12_201, localAddress: gateway.site.till });
    till.on("error", () => undefined);
    await once(till, "connect");
    await until(() => terminal.count.total === 1, "the gateway dials");
    const { exit, out } = await gateway.ecluse("why", "22/1");
    assert.equal(exit, 0, out);
    assert.match(out, /^ok +terminal +a session is open at it$/m);
    assert.equal(terminal.count.total, 1);
    till.destroy();
  });

  test("probe: none is obeyed, and not taken for an answer", async () => {
    await using terminal = await terminalAt(1);
    await using gateway = await before(terminal, "{ 1: { probe: none }, 2: {} }");
    const { exit, out } = await gateway.ecluse("why", "22/1");
    assert.equal(exit, 0, out);
    assert.match(out, /^Nothing on the way .* was not tried: the inventory says probe: none\.$/m);
    assert.equal(terminal.count.total, 0);
  });

  test("a terminal that is written down and not applied", async () => {
    await using terminal = await terminalAt(1);
    await using gateway = await before(terminal);
    gateway.write((text) => edited(text, terminal, "1-3"));
    const { exit, out } = await gateway.ecluse("why", "22/3");
    assert.equal(exit, 1);
    assert.match(out, /the change was not applied\.$/m);
  });

  test("several terminals, or an address that is none, cannot be asked for", async () => {
    await using terminal = await terminalAt(1);
    await using gateway = await before(terminal);
    await assert.rejects(gateway.ecluse("why", "depot22"), { code: "usage", message: /it names 2 flows$/ });
    await assert.rejects(gateway.ecluse("why", "22/1", "--from", "everybody"), { code: "usage" });
    await assert.rejects(gateway.ecluse("why", "22/9"), { code: "no-such-flow" });
  });
});

/** A terminal of depot 22 in a /16 of loopback that no other test has. */
async function terminalAt(number: number, hear = (_chunk: Buffer): unknown => undefined): Promise<Peer> {
  const second = 64 + Math.floor(Math.random() * 64);
  return listen((socket) => void socket.on("data", hear).on("end", () => socket.end()), {
    host: `127.${second}.22.${9 + number}`,
    port: 0,
  });
}

function before(terminal: Peer, terminals = "1-2"): Promise<Running> {
  return running([terminal], { edit: (text) => edited(text, terminal, terminals) });
}

/** The inventory of one flow, made one of a depot. */
function edited(text: string, { host, port }: Peer, terminals: string): string {
  const [first = "", second = ""] = host.split(".");
  const plan = `terminals: { network: ${first}.${second}.0.0/16, firstHost: 10, port: ${port} }`;
  return `${text.slice(0, text.indexOf("flows:")).replace("gateway: {", `gateway: { ${plan},`)}
depots: { 22: { allow: [till], terminals: ${terminals} } }
exceptions: [{ rule: terminal-on-loopback, on: "depot*", reason: a test }]
`;
}
