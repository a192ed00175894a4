/**
 * The kernel engine behind ufw and behind Docker's drop of what is routed, as rendered and as not: who is let in reaches the
 * terminal and is answered, and where the firewall stands in the way, the doors say so. The network is drawn in `crossing.ts`.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as dockerUser from "../../../src/render/docker-user.ts";
import { type RenderedFile, textOf } from "../../../src/render/rendered-file.ts";
import * as ufw from "../../../src/render/ufw/ufw.ts";
import { textSubject } from "../../render/subjects.ts";
import { needs } from "../../support/packages.ts";
import { Ufw } from "../../support/ufw.ts";
import {
  Crossing,
  type EngineProcess,
  GATEWAY,
  PORT,
  STRANGER,
  TERMINALS,
  TILL,
  TOWARDS_DEPOTS,
  flow,
} from "./crossing.ts";

const skip = needs(["iproute2", "nftables", "conntrack", "iptables", "ufw"], { root: true });

/** The same doors as `FLOWS`. */
const SUBJECT = textSubject(`
gateway: { address: ${GATEWAY}, engine: kernel, kernel: { source: ${TOWARDS_DEPOTS} } }
sources: { till: { addresses: [${TILL}] } }
ssh: { allow: [till] }
depots: { 1: { allow: [till], terminals: 3 } }
`);

const PORTS = [10_101, 10_102, 10_103];
const FLOWS = PORTS.map((port) => flow(port));

suite("the kernel engine behind another firewall", { skip, timeout: 120_000 }, () => {
  test("ufw without the rendered rules: the door is blocked, by ufw's default; with them the till pays at each terminal", async () => {
    await using crossing = await Crossing.create("kernel");
    using firewall = new Ufw(crossing.gateway);
    firewall.run("ufw", "--force", "enable");
    const engine = crossing.start();
    await engine.apply(FLOWS);
    await blockedBy(engine, crossing, "ip filter FORWARD");
    firewall.run("sh", firewall.write("ecluse-ufw.sh", fileText(ufw.render(SUBJECT)[0])));
    // Its system's next attempt is let through.
    await crossing.till.event("connected", "a");
    await crossing.terminal.event("accepted");
    for (const port of PORTS) await pays(crossing, port);
    await engine.until(({ blocked }) => blocked.length === 0);
    await strangersStayOut(crossing);
  });

  test("ufw with the rendered user.rules: the till pays; once the table is gone, a stranger who is routed there is dropped", async () => {
    await using crossing = await Crossing.create("kernel");
    using firewall = new Ufw(crossing.gateway);
    firewall.userRules = fileText(ufw.render(SUBJECT)[1]);
    firewall.run("ufw", "--force", "enable");
    const engine = crossing.start();
    await engine.apply(FLOWS);
    for (const port of PORTS) await pays(crossing, port);
    await strangersStayOut(crossing);
    await engine.kill();
    crossing.gateway.run("nft", "delete", "table", "ip", "ecluse");
    // Whom the rules name would get there, by its own route; everybody else would wait for ever.
    const knock = { to: TERMINALS[0], port: PORT } as const;
    crossing.till.tell({ do: "connect", name: "stranger", from: STRANGER, ...knock });
    crossing.till.tell({ do: "connect", name: "till", from: TILL, ...knock });
    await crossing.till.event("connected", "till");
    assert.deepEqual(
      (await crossing.terminal.event("accepted")).from,
      TILL,
      "nothing is between: the terminal sees who it is",
    );
    assert.deepEqual(crossing.terminal.unseen("accepted"), []);
    assert.deepEqual(crossing.till.unseen("connected"), []);
  });

  test("Docker's drop without the rendered rules: the door is blocked; with them the till pays, both ways", async () => {
    await using crossing = await Crossing.create("kernel");
    const iptables = (...words: readonly string[]): void => void crossing.gateway.run("iptables", ...words);
    // As dockerd writes them at its start.
    iptables("-N", "DOCKER-USER");
    iptables("-A", "DOCKER-USER", "-j", "RETURN");
    iptables("-A", "FORWARD", "-j", "DOCKER-USER");
    iptables("-P", "FORWARD", "DROP");
    const engine = crossing.start();
    await engine.apply(FLOWS);
    await blockedBy(engine, crossing, "ip filter FORWARD");
    crossing.gateway.tell(fileText(dockerUser.render(SUBJECT)[0]), "sh");
    await crossing.till.event("connected", "a");
    await crossing.terminal.event("accepted");
    for (const port of PORTS) await pays(crossing, port);
    await engine.until(({ blocked }) => blocked.length === 0);
    await strangersStayOut(crossing);
    assert.match(crossing.gateway.run("iptables", "-nvL", "ECLUSE"), /[1-9]\d* +\S+ ACCEPT .*RELATED,ESTABLISHED/);
  });
});

/** One that knocks where the firewall drops it: its door says so. */
async function blockedBy(engine: EngineProcess, { till }: Crossing, chain: string): Promise<void> {
  till.tell({ do: "connect", name: "a", from: TILL, to: GATEWAY, port: 10_101 });
  const { blocked } = await engine.until((state) => state.blocked.length > 0);
  assert.deepEqual(
    blocked.map(({ flow: id, cause }) => [id, cause]),
    [["flow/10101", `dropped-by: ${chain}`]],
  );
}

async function pays(crossing: Crossing, port: number): Promise<void> {
  const entered = await crossing.enter(`pays-${port}`, port);
  await crossing.exchange(entered);
  await crossing.leave(entered, "terminal");
}

async function strangersStayOut(crossing: Crossing): Promise<void> {
  assert.match(await crossing.knock("x", { port: 10_101, from: STRANGER }), /ECONNRE/);
  assert.match(await crossing.knock("y", { port: PORT, from: STRANGER, to: TERMINALS[0] }), /ECONNRE/);
  assert.deepEqual(crossing.terminal.unseen("accepted"), []);
}

function fileText(file: RenderedFile | undefined): string {
  assert.ok(file);
  return textOf(file, SUBJECT);
}
