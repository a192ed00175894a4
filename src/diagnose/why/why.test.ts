import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import {
  type Changed,
  INVENTORY,
  examined,
  failed,
  kernelRules,
  tailscaleStatus,
  ufwLoaded,
  way,
} from "../../../test/support/sound-gateway.ts";
import { type GatewayWord, type LiveFlow, type Look, type Looks, STEPS, type Step, type Walk } from "./step.ts";
import { mayLook, stepsHere, why } from "./why.ts";

const DOORS = [1, 2, 3, 4, 5].map((terminal) => 12_200 + terminal);

/** Doors of 198.51.100.10, as /proc/net/tcp writes them. */
const sockets = (ports: readonly number[]): string =>
  [
    "== here tcp self",
    ...ports.map((port) => `   0: 0A6433C6:${port.toString(16).toUpperCase()} 00000000:0000 0A 0:0 00:0 0 0 0 41 1`),
  ].join("\n");

const look = (terminal: number, answer: Look["answer"]): Look => ({
  flow: `depot22-tpe0${terminal}`,
  to: `172.17.22.${9 + terminal}:8888`,
  answer,
  code: answer,
});
const live = (changed: Partial<LiveFlow> = {}): GatewayWord => ({
  kind: "answered",
  flow: { blocked: [], grants: [], sessions: [], ...changed },
});
const session = (flow: string, phase: "dialling" | "open") => ({
  flow,
  phase,
  source: "203.0.113.7",
  started: "10:02",
});
const offline = (): Changed => {
  const status = tailscaleStatus();
  status.Peer["nodekey:first"]["Online"] = false;
  return { tailscale: JSON.stringify(status) };
};

interface Row {
  readonly when: string;
  readonly changed?: Changed;
  readonly inventory?: string;
  readonly gateway?: GatewayWord;
  readonly from?: string;
  readonly looks?: Looks;
  /** Absent: none does. */
  readonly broken?: Step["name"];
  readonly said: RegExp;
}

const SILENT: Looks = { terminal: look(3, "silent"), neighbours: [look(1, "silent"), look(2, "silent")] };
const KERNEL = INVENTORY.replace("gateway:\n", "gateway:\n  engine: kernel\n  kernel: { source: 100.64.0.10 }\n");
const ALONE = INVENTORY.replace("terminals: 5", "terminals: [3]");

const BEHIND_BALANCER = `${INVENTORY.replace("sources:", "sources:\n  balancer: { addresses: [192.0.2.200] }")}
flows:
  till: { listen: 198.51.100.10:4102, target: 172.17.22.12:8888, allow: [odoo], acceptProxy: [balancer] }
`;

/** `nft -j list ruleset` of a table that drops one sender. */
const dropping = (address: string): string => {
  const place = { family: "inet", table: "stop", chain: "in" };
  const left = { payload: { protocol: "ip", field: "saddr" } };
  return JSON.stringify({
    nftables: [
      { table: { family: "inet", name: "stop" } },
      { chain: { ...place, table: "stop", name: "in", type: "filter", hook: "input", prio: 10, policy: "accept" } },
      { rule: { ...place, handle: 4, expr: [{ match: { op: "==", left, right: address } }, { drop: null }] } },
    ],
  });
};

/** UFW that keeps everybody out, and a port that Docker publishes beside it. */
const published = (...rules: readonly string[]): string =>
  [
    ufwLoaded().replace("COMMIT", ""),
    ":FORWARD ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER",
    ...rules,
    "COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 12203 -j DNAT --to-destination 172.30.0.2:8888\nCOMMIT\n",
  ].join("\n");

const TABLE: readonly Row[] = [
  { when: "the terminal answers", said: /^Terminal 3 of depot 22 can be reached\.$/ },
  {
    when: "the change was not applied",
    gateway: { kind: "not-applied" },
    broken: "inventory",
    said: /was not applied/,
  },
  {
    when: "the till is not listed",
    from: "203.0.113.9",
    broken: "grant",
    said: /till \(203\.0\.113\.9\) is not allowed to reach/,
  },
  { when: "the till is listed", from: "203.0.113.7", said: /can be reached/ },
  {
    when: "the till's right has ended",
    from: "203.0.113.7",
    inventory: INVENTORY.replace(
      "22: { allow: [odoo]",
      "22: { allow: [{ source: odoo, until: 2026-11-22T11:00:00Z, reason: trial }]",
    ),
    broken: "grant",
    said: /its time is over/,
  },
  {
    when: "nobody's right holds",
    inventory: INVENTORY.replace(
      "22: { allow: [odoo]",
      "22: { allow: [{ source: odoo, until: 2026-11-22T11:00:00Z, reason: trial }]",
    ),
    broken: "grant",
    said: /^Nobody is allowed/,
  },
  {
    when: "a temporary grant names the till's network, and the firewall does",
    from: "192.0.2.44",
    changed: { "iptables-nft": ufwLoaded("-A ufw-user-input -s 192.0.2.44/32 -p tcp -j ACCEPT") },
    gateway: live({ grants: [{ id: "g1", source: "192.0.2.0/24", until: Date.parse("2026-11-22T13:00:00Z") }] }),
    said: /can be reached/,
  },
  {
    when: "a temporary grant has ended",
    from: "192.0.2.44",
    gateway: live({ grants: [{ id: "g1", source: "192.0.2.0/24", until: Date.parse("2026-11-22T11:00:00Z") }] }),
    broken: "grant",
    said: /is not allowed/,
  },
  {
    when: "an operator has closed it",
    gateway: live({ operation: { state: "closed", by: "ana", reason: "inventory day" } }),
    broken: "operator",
    said: /closed on purpose by ana: inventory day/,
  },
  {
    when: "its door is not open",
    changed: { sockets: sockets([12_201]) },
    gateway: live({ blocked: ["address already in use"] }),
    broken: "listener",
    said: /gateway's own door to terminal 3 .* is not open/,
  },
  {
    when: "the gateway does not run",
    changed: { sockets: "" },
    gateway: { kind: "silent", message: "there is no socket" },
    broken: "listener",
    said: /^The gateway does not run/,
  },
  {
    when: "the gateway cannot be asked, and listens",
    gateway: { kind: "silent", message: "permission denied" },
    said: /can be reached/,
  },
  {
    when: "the kernel carries its door, behind UFW that keeps everybody from this host's own programs",
    inventory: KERNEL,
    changed: { sockets: "", nftables: kernelRules(), "iptables-nft": ufwLoaded() },
    said: /can be reached/,
  },
  {
    when: "its door is not in the kernel's table",
    inventory: KERNEL,
    changed: { nftables: kernelRules({ without: [12_203] }) },
    broken: "listener",
    said: /gateway's own door to terminal 3 .* is not open/,
  },
  {
    when: "the kernel's door refuses everyone",
    inventory: KERNEL,
    changed: { nftables: kernelRules({ shut: [12_203] }) },
    broken: "listener",
    said: /gateway's own door to terminal 3 .* is not open/,
  },
  {
    when: "the gateway says that the kernel's door is blocked",
    inventory: KERNEL,
    changed: { nftables: kernelRules() },
    gateway: live({ blocked: ["not-forwarding"] }),
    broken: "listener",
    said: /gateway's own door to terminal 3 .* is not open/,
  },
  {
    when: "the gateway says that the kernel's newcomers are dropped, which is UFW's default for what is routed",
    inventory: KERNEL,
    changed: {
      nftables: kernelRules(),
      "iptables-nft": ufwLoaded().replace("*filter", "*filter\n:FORWARD DROP [0:0]"),
    },
    gateway: live({ blocked: ["Cannot listen: dropped-by: ip filter FORWARD"] }),
    broken: "firewall",
    said: /gateway's own firewall .* keeps whoever may reach it/,
  },
  {
    when: "the gateway says that the kernel's newcomers are dropped, and the firewall is not shown to us",
    inventory: KERNEL,
    changed: { nftables: kernelRules(), "iptables-nft": failed("no answer within 3 s") },
    gateway: live({ blocked: ["Cannot listen: dropped-by: ip filter FORWARD"] }),
    broken: "listener",
    said: /gateway's own door to terminal 3 .* is not open/,
  },
  {
    when: "the kernel does not forward",
    inventory: KERNEL,
    changed: { nftables: kernelRules(), kernel: "/proc/sys/net/ipv4/ip_forward:0" },
    broken: "listener",
    said: /gateway's own door to terminal 3 .* is not open/,
  },
  {
    when: "the kernel engine does not run",
    inventory: KERNEL,
    changed: { nftables: '{"nftables": []}' },
    gateway: { kind: "silent", message: "there is no socket" },
    broken: "listener",
    said: /^The gateway does not run/,
  },
  {
    when: "what is routed is dropped before the kernel leads it to the terminal",
    inventory: KERNEL,
    changed: {
      nftables: kernelRules(),
      "iptables-nft": ufwLoaded().replace("*filter", "*filter\n:FORWARD DROP [0:0]"),
    },
    broken: "firewall",
    said: /gateway's own firewall .* keeps whoever may reach it/,
  },
  {
    when: "UFW's default keeps the till out",
    from: "203.0.113.7",
    changed: { "iptables-nft": ufwLoaded("-A ufw-user-input -s 203.0.113.8/32 -p tcp -j ACCEPT") },
    broken: "firewall",
    said: /^The gateway's own firewall \(UFW\) keeps this till \(203\.0\.113\.7\) away from terminal 3 of depot 22; the terminal/,
  },
  {
    when: "a rule of UFW keeps everybody out",
    changed: { "iptables-nft": ufwLoaded("-A ufw-user-input -p tcp -m tcp --dport 12203 -j DROP") },
    broken: "firewall",
    said: /firewall \(UFW\) keeps whoever may reach it \(203\.0\.113\.7\) away/,
  },
  {
    when: "a chain of nftables keeps the till out, behind UFW that lets it in",
    from: "203.0.113.7",
    changed: { nftables: dropping("203.0.113.7") },
    broken: "firewall",
    said: /firewall \(nftables \(inet stop\)\) keeps this till/,
  },
  {
    when: "iptables of the other backend keeps the till out",
    from: "203.0.113.7",
    changed: { "iptables-legacy": "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 203.0.113.0/24 -j REJECT\nCOMMIT\n" },
    broken: "firewall",
    said: /firewall \(iptables \(legacy\)\) keeps this till/,
  },
  {
    when: "Docker's chain keeps the till out of a published port",
    from: "203.0.113.7",
    changed: { "iptables-nft": published("-A DOCKER-USER -s 203.0.113.7/32 -j DROP") },
    broken: "firewall",
    said: /firewall \(Docker's rules\) keeps this till/,
  },
  {
    when: "the port is led past UFW to a container",
    from: "203.0.113.7",
    changed: { "iptables-nft": published() },
    said: /can be reached/,
  },
  {
    when: "a temporary grant's till is not in the firewall",
    from: "192.0.2.44",
    gateway: live({ grants: [{ id: "g1", source: "192.0.2.44", until: Date.parse("2026-11-22T13:00:00Z") }] }),
    broken: "firewall",
    said: /\(UFW\) keeps this till \(192\.0\.2\.44\) away/,
  },
  {
    when: "one of two who may enter gets through",
    inventory: INVENTORY.replace("[203.0.113.7]", "[203.0.113.7, 203.0.113.9]"),
    said: /can be reached/,
  },
  {
    when: "the firewall is not shown to us",
    changed: { nftables: failed("exit 1: Operation not permitted (you must be root)") },
    said: /can be reached/,
  },
  {
    when: "packets would leave by another interface",
    changed: { ways: way(22, "eth0").replace(".10\n", ".12\n") },
    broken: "route",
    said: /lost its way/,
  },
  {
    when: "there is no way",
    changed: { ways: "== 22 172.17.22.12\nRTNETLINK answers: No route to host\n" },
    broken: "route",
    said: /lost its way/,
  },
  {
    when: "the router is offline, and nothing answers",
    changed: offline(),
    looks: SILENT,
    broken: "tunnel",
    said: /line to the site is down .*: the router router is offline/,
  },
  { when: "the router is said to be offline, and the terminal answers", changed: offline(), said: /can be reached/ },
  {
    when: "the router is said to be offline, and a session is at the terminal",
    changed: offline(),
    gateway: live({ sessions: [session("depot22-tpe03", "open")] }),
    looks: { terminal: "a session is open at it", neighbours: [] },
    said: /can be reached/,
  },
  {
    when: "the whole depot is silent",
    looks: SILENT,
    broken: "neighbours",
    said: /^Depot 22 does not answer at all: its line or its router is down; terminal 3 is not the cause\.$/,
  },
  {
    when: "a neighbour answers",
    looks: { terminal: look(3, "silent"), neighbours: [look(1, "silent"), look(2, "refused")] },
    broken: "terminal",
    said: /^Terminal 3 of depot 22 does not answer, and everything before it is in order/,
  },
  {
    when: "a neighbour has a session",
    gateway: live({ sessions: [session("depot22-tpe01", "open")] }),
    looks: SILENT,
    broken: "terminal",
    said: /everything before it is in order/,
  },
  {
    when: "a neighbour is only being dialled",
    gateway: live({ sessions: [session("depot22-tpe01", "dialling")] }),
    looks: SILENT,
    broken: "neighbours",
    said: /^Depot 22/,
  },
  {
    when: "it has no neighbour",
    inventory: ALONE,
    looks: { terminal: look(3, "silent"), neighbours: [] },
    broken: "terminal",
    said: /no other in its depot/,
  },
  {
    when: "it refuses",
    looks: { terminal: look(3, "refused"), neighbours: [] },
    broken: "terminal",
    said: /switched on and refuses/,
  },
  {
    when: "a session is at it",
    gateway: live({ sessions: [session("depot22-tpe03", "open")] }),
    looks: { terminal: "a session is open at it", neighbours: [] },
    said: /can be reached/,
  },
  {
    when: "it may not be tried: that is not the same as an answer",
    looks: { terminal: "the inventory says probe: none", neighbours: [] },
    said: /^Nothing on the way .* not tried: the inventory says probe: none\.$/,
  },
  {
    when: "Tailscale cannot be asked, and the terminal answers",
    changed: { tailscale: failed("exit 1: x") },
    said: /can be reached/,
  },
];

const SEEN: Looks = { terminal: look(3, "connected"), neighbours: [] };

function walk({ changed = {}, inventory, gateway = live(), from }: Omit<Row, "said">, id = "depot22-tpe03"): Walk {
  const ways = way(22, "tailscale0").replaceAll(".10", ".12");
  const audited = examined({ sockets: sockets(DOORS), ways, ...changed }, inventory);
  const flow = audited.policy.flows.find((each) => each.id === id);
  assert.ok(flow?.kind === "relayed");
  const source = from === undefined ? undefined : parseAddress(from);
  return { flow, name: "terminal 3 of depot 22", audited, gateway, ...(source === undefined ? {} : { from: source }) };
}

suite("why", () => {
  for (const { when, broken, said, looks = SEEN, ...given } of TABLE) {
    test(`${when}: ${broken === undefined ? "nothing breaks" : `${broken} breaks`}`, () => {
      const subject = walk({ when, ...given });
      const found = why(subject, stepsHere(subject), looks);
      assert.equal(found.broken, broken, JSON.stringify(found.steps));
      assert.match(found.said, said);
      assert.equal(found.fix === "", broken === undefined);
      const names = found.steps.map(({ name }) => name);
      assert.deepEqual(
        names,
        STEPS.filter((name) => names.includes(name)),
        "in their order",
      );
      if (broken !== undefined) assert.equal(names.at(-1), broken, "it stops there");
    });
  }

  const firewallOf = (row: Omit<Row, "said" | "when">): Step | undefined =>
    stepsHere(walk({ when: "", ...row })).find(({ name }) => name === "firewall");

  test("a firewall that keeps somebody out is shown by its line, and with the command that lets them in", () => {
    const rule = "-A ufw-user-input -s 203.0.113.7/32 -p tcp -m tcp --dport 12203 -j DROP";
    const step = firewallOf({ from: "203.0.113.7", changed: { "iptables-nft": ufwLoaded(rule) } });
    assert.deepEqual(step?.evidence, { source: "iptables-nft-save -t filter", line: rule });
    const byDefault = firewallOf({ from: "203.0.113.7", changed: { "iptables-nft": ufwLoaded() } });
    assert.equal(byDefault?.evidence.line, ":INPUT DROP");
    assert.equal(byDefault.fix, "ufw allow from 203.0.113.7 to 198.51.100.10 port 12203 proto tcp");
  });

  test("behind a balancer it is the balancer that must get through, whoever the till is", () => {
    const given = { when: "", from: "203.0.113.7", inventory: BEHIND_BALANCER };
    const step = stepsHere(walk({ ...given, changed: { sockets: sockets([4_102]) } }, "flow/till")).at(-1);
    assert.match(
      step?.said ?? "",
      /\(UFW\) keeps the load balancer \(192\.0\.2\.200\) away from terminal 3 of depot 22;/,
    );
  });

  test("whoever gets in past the firewall gets in, and it is said how; who would not is named", () => {
    const past = firewallOf({ from: "203.0.113.7", changed: { "iptables-nft": published() } });
    assert.equal(past?.state, "passed");
    assert.match(past.what, /led past the firewall to a container$/);
    assert.match(past.evidence.line, /-j DNAT --to-destination/);
    const two = INVENTORY.replace("[203.0.113.7]", "[203.0.113.7, 203.0.113.9]");
    assert.match(firewallOf({ inventory: two })?.what ?? "", /; 203\.0\.113\.9 would not$/);
  });

  test("of a firewall that was not shown, or of a rule that tests more, nothing is claimed", () => {
    const hidden = ["iptables-nft", "iptables-legacy", "nftables", "routes"] as const;
    for (const id of hidden) {
      for (const reason of ["no answer within 3 s", "exit 4: Permission denied (you must be root)"]) {
        assert.equal(firewallOf({ changed: { [id]: failed(reason) } })?.state, "unknown", `${id}: ${reason}`);
      }
    }
    assert.equal(firewallOf({ changed: { nftables: failed("exit 127: nft: not found") } })?.state, "passed");
    const listed = ufwLoaded("-A ufw-user-input -m set --match-set tills src -j ACCEPT");
    assert.equal(firewallOf({ changed: { "iptables-nft": listed } })?.state, "unknown");
  });

  test("every step has been seen to break", () => {
    const broken = new Set(TABLE.flatMap((row) => row.broken ?? []));
    assert.deepEqual(
      STEPS.filter((name) => !broken.has(name)),
      [],
    );
  });

  test("nobody is connected to where the way is not the tunnel's, or not known", () => {
    const isLookedAt = (changed: Changed): boolean => mayLook(stepsHere(walk({ when: "", changed })));
    assert.equal(isLookedAt({}), true);
    assert.equal(isLookedAt({ ways: null }), false);
    assert.equal(isLookedAt({ ways: way(22, "eth0").replaceAll(".10", ".12") }), false);
    assert.equal(isLookedAt({ sockets: "" }), false);
  });
});
