import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, type Network, formatAddress, parseAddress, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import type { Depot, Endpoint, GenericFlow, Inventory, Service, Terminal } from "../inventory/model.ts";
import { compile } from "./compile.ts";
import { decide } from "./decide.ts";
import { type Policy, type RelayedFlow, type Standing, endpointKey } from "./policy.ts";

const GATEWAY = address("198.51.100.10");
const ODOO = address("203.0.113.7");
const LIMITS = {
  connect: 5_000,
  idle: 300_000,
  halfClosed: 30_000,
  stalled: 60_000,
  keepalive: 30_000,
  drain: 200_000,
  sessions: 4_096,
  perSource: 256,
};

suite("compile", () => {
  const policy = compile(inventory());

  test("ids, in the inventory's order: terminals, services, generic flows", () => {
    assert.deepEqual(
      policy.flows.map(({ id }) => id),
      ["depot01-tpe01", "depot22-tpe03", "service/signet-dashboard", "flow/opi-callback", "flow/watched"],
    );
  });

  test("a terminal's endpoint is 1XXYY on the gateway, and one more per alias", () => {
    assert.deepEqual(endpointsOf(policy, "depot01-tpe01"), ["198.51.100.10:10101"]);
    assert.deepEqual(endpointsOf(policy, "depot22-tpe03"), ["198.51.100.10:12203", "198.51.100.10:9001"]);
  });

  test("doors are the endpoints of relayed flows: aliases too, local flows never", () => {
    assert.deepEqual(
      [...policy.doors.values()].map(({ endpoint }) => spell(endpoint)),
      ["198.51.100.10:10101", "198.51.100.10:12203", "198.51.100.10:9001", "100.101.1.1:4102"],
    );
  });

  test("each door is found by its own key and leads to its flow", () => {
    for (const [key, { endpoint, flow }] of policy.doors) {
      assert.equal(key, endpointKey(endpoint.address, endpoint.port));
      assert.ok(flow.endpoints.includes(endpoint));
    }
  });

  test("a local flow listens on its machine and has no door", () => {
    assert.deepEqual(endpointsOf(policy, "service/signet-dashboard"), ["192.168.1.105:3020"]);
    const service = { address: address("192.168.1.105"), port: 3_020 };
    assert.deepEqual(decide(policy, service, ODOO, 0), { permit: false, reason: "no-door" });
  });

  test("a terminal's target, position, places and rule of revocation", () => {
    const { target, position, sessions, queue, onRevoke } = relayed(policy, "depot22-tpe03");
    assert.equal(spell(target), "172.17.22.50:20007");
    assert.deepEqual(position, { depot: 22, terminal: 3 });
    assert.equal(sessions, 1);
    assert.deepEqual(queue, { length: 4, wait: 30_000 });
    assert.equal(onRevoke, "cut");
  });

  test("what a terminal or a flow does not say about revocation is the gateway's word", () => {
    assert.equal(relayed(policy, "depot01-tpe01").onRevoke, "drain");
    assert.equal(relayed(policy, "flow/opi-callback").onRevoke, "drain");
    assert.equal("sessions" in relayed(policy, "depot01-tpe01"), false);
    assert.equal("queue" in relayed(policy, "depot01-tpe01"), false);
  });

  test("a flow's balancers come with their addresses", () => {
    const { acceptProxy, sendProxy } = relayed(policy, "flow/opi-callback");
    assert.deepEqual(acceptProxy, [{ name: "proxy", networks: [network("192.168.1.100")] }]);
    assert.equal(sendProxy, "v2");
    assert.equal("acceptProxy" in relayed(policy, "depot01-tpe01"), false);
  });

  test("a flow carries who answers for it, and no empty fields", () => {
    const { owner, reason } = relayed(policy, "depot22-tpe03");
    assert.deepEqual({ owner, reason }, { owner: "Finance IT", reason: "card payments" });
    assert.equal("approver" in relayed(policy, "depot22-tpe03"), false);
    assert.equal("owner" in relayed(policy, "depot01-tpe01"), false);
  });

  test("flows with the same grants share one gate, also where the lists are copies; others do not", () => {
    const [first, second] = [relayed(policy, "depot01-tpe01"), relayed(policy, "depot22-tpe03")];
    assert.notEqual(first.grants, second.grants);
    assert.equal(first.gate, second.gate);
    assert.notEqual(first.gate, relayed(policy, "flow/opi-callback").gate);
  });

  test("grants with another end do not share a gate", () => {
    const other = inventory();
    const [first] = other.depots[0]?.terminals ?? [];
    assert.ok(first);
    const until = compile({
      ...other,
      depots: [{ number: 1, terminals: [first, { ...first, number: 2, grants: [{ source: "odoo", until: 7 }] }] }],
    });
    assert.notEqual(relayed(until, "depot01-tpe01").gate, relayed(until, "depot01-tpe02").gate);
  });

  test("a grant of a source that the inventory does not have lets nobody in", () => {
    const terminal = { ...terminalOf(1, "172.17.1.10"), grants: [{ source: "forgotten" }] };
    const policy = compile({ ...inventory(), depots: [{ number: 1, terminals: [terminal] }] });
    const door = { address: GATEWAY, port: 10_101 };
    for (const source of [0 as Ipv4, ODOO, 0xffffffff as Ipv4])
      assert.equal(decide(policy, door, source, 0).permit, false);
  });

  test("an inventory without grants opens its doors for nobody", () => {
    const terminal = { ...terminalOf(1, "172.17.1.10"), grants: [] };
    const policy = compile({ ...inventory(), depots: [{ number: 1, terminals: [terminal] }] });
    assert.deepEqual(decide(policy, { address: GATEWAY, port: 10_101 }, ODOO, 0), {
      permit: false,
      reason: "not-listed",
    });
  });

  test("two flows on one endpoint are a bug that stops it, not a matter of order", () => {
    const flow: GenericFlow = {
      name: "thief",
      listen: { address: GATEWAY, port: 10_101 },
      target: { address: ODOO, port: 1 },
      direction: "other",
      grants: [],
    };
    assert.throws(() => compile({ ...inventory(), flows: [flow] }), /two flows on one endpoint: flow\/thief/);
  });
});

suite("compile with a policy before", () => {
  test("depots that are the same objects keep every flow and door, and every list its gate", () => {
    const before = compile(inventory());
    const given = inventory();
    const first = compile(given, new Map(), before);
    const after = compile({ ...structuredClone(given), depots: given.depots }, new Map(), first);
    assert.deepEqual(after, first);
    for (const [index, flow] of after.flows.entries()) {
      assert.equal(flow.gate, before.flows[index]?.gate, flow.id);
      if (flow.position !== undefined) assert.equal(flow, first.flows[index], flow.id);
    }
    for (const [key, door] of after.doors) {
      if (door.flow.position !== undefined) assert.equal(door, first.doors.get(key), door.flow.id);
    }
  });

  test("one depot that is another object is compiled anew, and no other", () => {
    const given = inventory();
    const [one, ...others] = given.depots;
    assert.ok(one);
    const before = compile(given);
    const after = compile({ ...given, depots: [structuredClone(one), ...others] }, new Map(), before);
    assert.deepEqual(after, before);
    for (const [index, flow] of after.flows.entries()) {
      if (flow.position !== undefined) assert.equal(flow === before.flows[index], flow.position.depot !== one.number);
    }
  });

  test("says what it says without one, whatever was before", () => {
    const scenes = fc.tuple(fc.array(fc.constantFrom(...CHANGES)), standings);
    fc.assert(
      fc.property(scenes, scenes, ([made, said], [next, nextSaid]) => {
        const given = changed(made, inventory());
        const before = compile(given, new Map(said));
        // What is read anew, and what shares all that was not changed.
        for (const after of [changed(next, inventory()), changed(next, given)]) {
          assert.deepEqual(compile(after, new Map(nextSaid), before), compile(after, new Map(nextSaid)));
        }
        const back = compile(changed(next, given), new Map(nextSaid), before);
        assert.deepEqual(compile(given, new Map(said), back), before);
      }),
      { numRuns: 500 },
    );
  });

  test("the shield goes with the relay engine: the kernel's is one", () => {
    const shieldOf = (engine: "relay" | "kernel"): unknown => {
      const given = inventory();
      return compile({ ...given, gateway: { ...given.gateway, engine, shield: true } }).shield;
    };
    assert.deepEqual(
      [compile(inventory()).shield, shieldOf("relay"), shieldOf("kernel")],
      [undefined, true, undefined],
    );
  });
});

const standings = fc.array(
  fc.tuple(fc.constantFrom("depot01-tpe01", "depot22-tpe03"), fc.constantFrom<Standing>("closed", "draining")),
);

/** Each changes one thing that a flow says, or who is there to have one. */
const CHANGES: readonly ((before: Inventory) => Inventory)[] = [
  ...[2, 3, 4].map((number) => (before: Inventory) => withTerminal(before, terminalOf(number, `172.17.22.${number}`))),
  (before) => ({ ...before, depots: before.depots.slice(1) }),
  (before) => ({ ...before, depots: before.depots.slice(0, 1) }),
  ...(
    [
      { port: 8_889 },
      { address: address("172.17.22.99") },
      { sessions: 2 },
      { sessions: 2, queue: { length: 1, wait: 5_000 } },
      { sessions: 2, queue: { length: 1, wait: 6_000 } },
      { onRevoke: "keep" },
      { owner: "Sales" },
      { reason: "another" },
      { approver: "RSSI" },
      { reviewed: "2026-11-01" },
      { nextReview: "2027-05-01" },
      { grants: [] },
      { grants: [{ source: "odoo", until: 5 }] },
      { grants: [{ source: "odoo", reason: "why" }] },
      { grants: [{ source: "odoo" }, { source: "proxy" }] },
    ] satisfies Partial<Terminal>[]
  ).map((facts) => (before: Inventory) => firstTerminal(before, (terminal) => ({ ...terminal, ...facts }))),
  // Ports of the terminal's own: two flows on one endpoint are no inventory.
  ...[[], [9_100], [9_200], [9_100, 9_200]].map(
    (aliases) => (before: Inventory) =>
      firstTerminal(before, (terminal) => ({ ...terminal, aliases: aliases.map((port) => port + terminal.number) })),
  ),
  (before) => ({ ...before, gateway: { ...before.gateway, address: address("198.51.100.11") } }),
  (before) => ({ ...before, gateway: { ...before.gateway, onRevoke: "cut" } }),
  (before) => ({
    ...before,
    sources: before.sources.map((source) =>
      source.name === "odoo" ? { ...source, networks: [network("192.0.2.1")] } : source,
    ),
  }),
];

function changed(changes: typeof CHANGES, given: Inventory): Inventory {
  return changes.reduce((before, change) => change(before), given);
}

function withTerminal(before: Inventory, terminal: Terminal): Inventory {
  const numbered = ({ number }: Terminal): boolean => number !== terminal.number;
  const terminals = (depot: Depot): readonly Terminal[] =>
    [...depot.terminals.filter(numbered), terminal].sort((a, b) => a.number - b.number);
  return { ...before, depots: before.depots.map((depot) => ({ ...depot, terminals: terminals(depot) })) };
}

/** The first of the last depot. */
function firstTerminal(before: Inventory, change: (terminal: Terminal) => Terminal): Inventory {
  const last = before.depots.at(-1);
  return {
    ...before,
    depots: before.depots.map((depot) =>
      depot === last
        ? { ...depot, terminals: depot.terminals.map((each, index) => (index === 0 ? change(each) : each)) }
        : depot,
    ),
  };
}

function inventory(): Inventory {
  return {
    language: "fr",
    contact: {},
    gateway: {
      address: GATEWAY,
      engine: "relay",
      terminals: { network: network("172.17.0.0/16"), firstHost: 10, port: 8_888 },
      tunnel: { interface: "tailscale0", routers: [] },
      limits: LIMITS,
      onRevoke: "drain",
      journal: { keep: 1, size: 1 },
    },
    sources: [
      { name: "odoo", networks: [network("203.0.113.7"), network("203.0.113.16/28")] },
      { name: "depots", networks: [network("172.17.240.1")] },
      { name: "proxy", networks: [network("192.168.1.100")] },
    ],
    depots: [
      { number: 1, terminals: [terminalOf(1, "172.17.1.10")] },
      {
        number: 22,
        terminals: [
          {
            ...terminalOf(3, "172.17.22.50"),
            port: 20_007,
            aliases: [9_001],
            sessions: 1,
            queue: { length: 4, wait: 30_000 },
            onRevoke: "cut",
            owner: "Finance IT",
            reason: "card payments",
          },
        ],
      },
    ],
    machines: [{ name: "bitcoin", address: address("192.168.1.105"), ssh: [] }],
    services: [service()],
    flows: [
      {
        name: "opi-callback",
        listen: { address: address("100.101.1.1"), port: 4_102 },
        target: { address: ODOO, port: 4_102 },
        direction: "terminal-to-till",
        acceptProxy: ["proxy"],
        sendProxy: "v2",
        grants: [{ source: "depots" }],
      },
      { name: "watched", listen: { address: GATEWAY, port: 443 }, direction: "other", grants: [{ source: "odoo" }] },
    ],
    exceptions: [],
    ssh: [],
  };
}

function terminalOf(number: number, at: string): Terminal {
  return { number, address: address(at), port: 8_888, aliases: [], grants: [{ source: "odoo" }] };
}

function service(): Service {
  return { name: "signet-dashboard", machine: "bitcoin", port: 3_020, grants: [{ source: "proxy" }] };
}

function relayed(policy: Policy, id: string): RelayedFlow {
  const flow = policy.flows.find((each) => each.id === id);
  if (flow?.kind !== "relayed") throw new TypeError(`no relayed flow ${id}`);
  return flow;
}

function endpointsOf(policy: Policy, id: string): readonly string[] | undefined {
  return policy.flows.find((flow) => flow.id === id)?.endpoints.map(spell);
}

function spell({ address: at, port }: Endpoint): string {
  return `${formatAddress(at)}:${port}`;
}

function address(text: string): Ipv4 {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if ("kind" in parsed) throw new TypeError(text);
  return parsed;
}
