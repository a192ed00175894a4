/** What is rendered for a firewall, in the hands of the program that reads it: loaded, replaced, and looked at. */
import assert from "node:assert/strict";
import { type TestContext, suite, test } from "node:test";
import * as dockerUser from "../../src/render/docker-user.ts";
import * as nftables from "../../src/render/nftables.ts";
import { type RenderedFile, textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import * as ufw from "../../src/render/ufw/ufw.ts";
import { exampleSubject, manyTerminals, textSubject } from "../render/subjects.ts";
import { Conversation } from "../support/conversation.ts";
import { until } from "../support/loopback.ts";
import { Host, cable } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { Ufw } from "../support/ufw.ts";
import { Crossing, PUBLISHED } from "./crossing.ts";

const DOOR = { address: "198.51.100.10", port: 10101 };
const TILL = "203.0.113.7";
const STRANGER = "192.0.2.66";

const root = { root: true };

suite("ufw", { skip: needs(["iproute2", "iptables", "ufw"], root), timeout: 300_000 }, () => {
  const hostile = subject(
    `
    sources: { s: { addresses: [${TILL}] }, all: { addresses: [0.0.0.0/1, 128.0.0.0/1] }, a: { addresses: [192.0.2.10] } }
    ssh: { allow: [a, all] }
    depots:
      1: { terminals: { 1: { label: "l'été & (x) / 中文 بنك", allow: [a] }, 2: { allow: [s] }, 5: { allow: [s] }, 6: { allow: [s] }, 3: { label: -rf ’ .., allow: [all] }, 4: {} } }
    flows: { zone-é: { listen: "198.51.100.11:10101", target: "192.0.2.1:1", allow: [s, a] } }
    exceptions: [{ rule: source-any, on: all, reason: tried }]
  `,
  );

  const twice = subject(
    `
    sources: { s: { addresses: [${TILL}] }, all: { addresses: [0.0.0.0/0] } }
    ssh: { allow: [s] }
    depots: { 1: { terminals: { 1: { allow: [s] }, 2: { allow: [all], label: "l'été" }, 3: { allow: [all] } } } }
    flows: { same: { listen: "198.51.100.10:4102", target: "172.17.1.10:8888", allow: [s] } }
    exceptions: [{ rule: source-any, on: all, reason: tried }]
  `,
    ", engine: kernel, kernel: { source: preserved }",
  );

  test("the script's calls leave the very file that is rendered, and nothing for IPv6", async () => {
    for (const each of [hostile, exampleSubject("complete"), exampleSubject("kernel"), twice]) {
      await using host = await Host.create("gateway");
      using firewall = new Ufw(host);
      const [script, rules] = ufw.render(each);
      runScript(firewall, each, script);
      assert.equal(firewall.userRules, rules?.body);
      assert.match(firewall.run("ufw", "status"), /Status: active/);
      assert.doesNotMatch(host.run("ip6tables", "-S"), /ufw6-user-input -p/);
    }
  });

  test("run again it changes nothing; another inventory takes back what the first one opened, and nobody else's", async () => {
    await using host = await Host.create("gateway");
    using firewall = new Ufw(host);
    firewall.run("ufw", "allow", "8443");
    runScript(firewall, hostile, ufw.render(hostile)[0]);
    const before = firewall.userRules;
    assert.match(runScript(firewall, hostile, ufw.render(hostile)[0]), /not of this inventory:\nufw allow 8443\n$/);
    assert.equal(firewall.userRules, before);
    const complete = exampleSubject("complete");
    runScript(firewall, complete, ufw.render(complete)[0]);
    const [foreign, ...ours] = firewall.added;
    assert.equal(foreign, "ufw allow 8443");
    const expected =
      ufw
        .render(complete)[0]
        ?.body.split("\n")
        .filter((line) => line.startsWith("ufw allow")) ?? [];
    assert.deepEqual([...ours].sort(), expected.sort());
  });

  test("from one engine to the other and back, the rules of the one that is gone are gone, too", async () => {
    await using host = await Host.create("gateway");
    using firewall = new Ufw(host);
    for (const example of ["kernel", "terminals", "kernel"] as const) {
      const each = exampleSubject(example);
      const [script] = ufw.render(each);
      runScript(firewall, each, script);
      const calls = script?.body.split("\n").filter((line) => /^ufw (?:route )?allow/.test(line)) ?? [];
      assert.deepEqual([...firewall.added].sort(), calls.sort());
    }
  });

  test("the file, put in place by the documented commands, is the same firewall", async () => {
    await using host = await Host.create("gateway");
    using firewall = new Ufw(host);
    const complete = exampleSubject("complete");
    const [script, rules] = ufw.render(complete);
    assert.ok(rules);
    host.tell(textOf(rules, complete), "iptables-restore", "--test");
    firewall.userRules = textOf(rules, complete);
    const words = ["ufw default deny incoming", "ufw default allow outgoing", "ufw --force enable", "ufw reload"];
    firewall.run("sh", "-c", words.join(" && "));
    assert.deepEqual(
      firewall.added,
      script?.body.split("\n").filter((line) => line.startsWith("ufw allow")),
    );
    assert.match(
      host.run("iptables", "-S"),
      /-A ufw-user-input -s 203\.0\.113\.16\/28 -d 198\.51\.100\.10.* --dports 10101:10102/,
    );
    assert.match(host.run("iptables", "-S"), /-P INPUT DROP/);
  });
});

suite("the ring", { skip: needs(["iproute2", "nftables"], root), timeout: 180_000 }, () => {
  test("whom it drops is counted, by source and door, until there is no room: then it drops as before", async () => {
    await using crossing = await Crossing.create("input");
    const [file] = nftables.render(open(TILL));
    assert.ok(file);
    crossing.host.tell(file.body.replaceAll("size 65536", "size 2"), "nft", "-f", "-");
    await crossing.listen([DOOR, { ...DOOR, port: 9999 }]);
    const strangers = [1, 2, 3, 4].map((host) => ({ from: `192.0.2.${host}`, ...DOOR }));
    // Whatever is no door is left alone.
    const elsewhere = { from: STRANGER, ...DOOR, port: 9999 };
    assert.deepEqual(await crossing.knock([...strangers, elsewhere], [elsewhere]), [elsewhere]);
    const refused = crossing.host.run("nft", "list", "set", "inet", "ecluse_ring", "refused");
    assert.equal([...refused.matchAll(/192\.0\.2\.\d \. 198\.51\.100\.10 \. 10101 counter packets [1-9]/g)].length, 2);
    const dropped = /packets (\d+)/.exec(crossing.host.run("nft", "list", "counter", "inet", "ecluse_ring", "dropped"));
    assert.ok(Number(dropped?.[1]) >= 4);
  });

  test("by IPv6 nobody comes to a door's port; another port is left alone", async () => {
    await using outside = await Host.create("outside");
    await using gateway = await Host.create("gateway");
    cable(outside, gateway);
    for (const [host, device, address] of [
      [outside, "gateway", "fd00::1/64"],
      [gateway, "outside", "fd00::2/64"],
    ] as const) {
      host.run("ip", "address", "add", address, "dev", device, "nodad");
    }
    gateway.tell(fileText(open(TILL), nftables.render), "nft", "-f", "-");
    gateway.run("nft", "add table ip6 seen; add set ip6 seen syns { type inet_service; flags dynamic; size 9; }");
    gateway.run("nft", "add chain ip6 seen in { type filter hook input priority 0; }");
    gateway.run("nft", "add rule ip6 seen in tcp flags syn add @syns { tcp dport }");
    const seen = (): string => gateway.run("nft", "list", "set", "ip6", "seen", "syns");
    const refused = (): string => gateway.run("nft", "list", "set", "inet", "ecluse_ring", "refused_ipv6");
    const knocks = new Conversation(outside, "test/netns/many-knocks.ts");
    knocks.say([DOOR.port, 9999].map((port) => ({ from: "fd00::1", address: "fd00::2", port })));
    await until(() => refused().includes("fd00::1 . 10101 counter packets"), "the knock that is dropped");
    await until(() => seen().includes("9999"), "the knock that is not");
    assert.doesNotMatch(seen(), /10101/);
  });

  for (const [what, inventory] of [
    ["for the same sources", manyTerminals(7_128)],
    ["each with three sources of its own", ownSources()],
  ] as const) {
    test(`7,128 terminals ${what} are rendered and loaded`, async (context) => {
      await using host = await Host.create("gateway");
      const all = textSubject(inventory);
      const rendered = timed(context, "nftables rendered", () => fileText(all, nftables.render));
      timed(context, "nft -f", () => host.tell(rendered, "nft", "-f", "-"));
      timed(context, "nft -f again", () => host.tell(rendered, "nft", "-f", "-"));
      assert.match(host.run("nft", "list", "chain", "inet", "ecluse_ring", "arriving"), /hook prerouting priority raw/);
      timed(context, "ufw rendered", () => ufw.render(all));
      timed(context, "docker-user rendered", () => dockerUser.render(all));
    });
  }
});

suite("DOCKER-USER", { skip: needs(["iproute2", "iptables"], root), timeout: 180_000 }, () => {
  test("loaded twice, it is jumped to once, before what stood there; without Docker it says why it stops", async () => {
    await using host = await Host.create("gateway");
    const script = fileText(open(TILL), dockerUser.render);
    assert.throws(() => host.tell(script, "sh"), /There is no chain DOCKER-USER/);
    host.run("iptables", "-N", "DOCKER-USER");
    host.run("iptables", "-A", "DOCKER-USER", "-j", "RETURN");
    host.tell(script, "sh");
    const rules = host.run("iptables", "-S");
    host.tell(script, "sh");
    assert.equal(host.run("iptables", "-S"), rules);
    assert.match(rules, /-A DOCKER-USER -j ECLUSE\n-A DOCKER-USER -j RETURN\n/);
  });
});

suite(
  "a source that is taken off the list",
  { skip: needs(["iproute2", "nftables", "iptables", "ufw"], root), timeout: 180_000 },
  () => {
    const firewalls: Readonly<
      Record<
        string,
        readonly ["input" | "forward", (crossing: Crossing, context: TestContext) => (now: Subject) => void]
      >
    > = {
      "the ring": [
        "input",
        ({ host }) =>
          (now) =>
            void host.tell(fileText(now, nftables.render), "nft", "-f", "-"),
      ],
      ufw: [
        "input",
        (crossing, context) => {
          const firewall = new Ufw(crossing.host);
          context.after(() => firewall[Symbol.dispose]());
          return (now) => void runScript(firewall, now, ufw.render(now)[0]);
        },
      ],
      "DOCKER-USER": [
        "forward",
        (crossing) => {
          crossing.publish();
          return (now) => void crossing.host.tell(fileText(now, dockerUser.render), "sh");
        },
      ],
    };
    for (const [name, [behind, create]] of Object.entries(firewalls)) {
      test(`${name}: goes on in the session that is open, and opens no other`, async (context) => {
        await using crossing = await Crossing.create(behind);
        const load = create(crossing, context);
        load(open(TILL, STRANGER));
        await crossing.listen([behind === "input" ? DOOR : PUBLISHED]);
        const knock = { from: STRANGER, ...DOOR };
        const session = new Conversation(crossing.outside, "test/netns/session.ts", STRANGER, DOOR.address, "10101");
        await session.until((lines) => lines.length > 0);
        session.say("before");
        await session.until((lines) => lines.length > 0);
        load(open(TILL));
        session.say("after");
        await session.until((lines) => lines.length > 0);
        assert.deepEqual(session.lines, ['"after"']);
        const till = { from: TILL, ...DOOR };
        assert.deepEqual(await crossing.knock([knock, till], [till]), [till]);
      });
    }
  },
);

function subject(text: string, gateway = ""): Subject {
  return textSubject(`gateway: { address: 198.51.100.10${gateway} }\n${text.replaceAll(/^ {4}/gm, "")}`);
}

/** One terminal that these may enter. */
function open(...addresses: readonly string[]): Subject {
  return subject(`
    sources: { s: { addresses: [${addresses.join(", ")}] }, admin: { addresses: [192.0.2.10] } }
    ssh: { allow: [admin] }
    depots: { 1: { allow: [s], terminals: 1 } }
  `);
}

/** No two terminals can share a rule. */
function ownSources(): string {
  const terminals = Array.from({ length: 7_128 }, (_, index) => index);
  const address = (number: number): string => `10.${number >> 14}.${(number >> 6) & 255}.${(number & 63) * 4}`;
  return JSON.stringify({
    gateway: { address: "198.51.100.10" },
    sources: Object.fromEntries(
      terminals.map((index) => [`s${index}`, { addresses: [0, 1, 2].map((each) => address(index * 3 + each)) }]),
    ),
    ssh: { allow: ["s0"] },
    depots: Object.fromEntries(
      Array.from({ length: 72 }, (_, depot) => [
        depot + 1,
        {
          terminals: Object.fromEntries(
            Array.from({ length: 99 }, (_, terminal) => [terminal + 1, { allow: [`s${depot * 99 + terminal}`] }]),
          ),
        },
      ]),
    ),
  });
}

function fileText(from: Subject, render: (subject: Subject) => readonly RenderedFile[]): string {
  const [file] = render(from);
  assert.ok(file);
  return textOf(file, from);
}

function runScript(firewall: Ufw, from: Subject, script: RenderedFile | undefined): string {
  assert.ok(script);
  return firewall.run("sh", firewall.write("ecluse-ufw.sh", textOf(script, from)));
}

/** Prints how long it took; nothing depends on it. */
function timed<T>(context: TestContext, what: string, work: () => T): T {
  const begun = performance.now();
  const result = work();
  context.diagnostic(`${what}: ${(performance.now() - begun).toFixed(0)} ms`);
  return result;
}
