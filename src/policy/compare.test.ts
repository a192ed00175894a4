import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, type Network, contains, parseAddress, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import type { Endpoint, Grant, Limits, Queue } from "../inventory/model.ts";
import { compare, isNoChange } from "./compare.ts";
import type { PolicyChange } from "./policy-change.ts";
import { countChange, describeChange } from "./compare-lines.ts";
import { judge } from "./decide.ts";
import { compileGate } from "./gate.ts";
import { type Flow, type LocalFlow, type Policy, type RelayedFlow, doorsAt } from "./policy.ts";

const NOW = Date.UTC(2026, 11, 1, 12);
const HOUR = 3_600_000;
const SOURCES: Sources = {
  odoo: ["203.0.113.7"],
  technician: ["192.0.2.44"],
  office: ["198.51.100.0/28", "203.0.113.16"],
};

suite("compare: who enters", () => {
  test("a source that is new at terminals gains them, in one entry", () => {
    const before = policy({ flows: { "depot22-tpe01": [], "depot22-tpe02": [] } });
    const after = policy({ flows: { "depot22-tpe01": ["odoo"], "depot22-tpe02": ["odoo"] } });
    assert.deepEqual(compare(before, after, NOW).access, [
      { what: "gained", source: "odoo", networks: ["203.0.113.7"], flows: ["depot22-tpe01", "depot22-tpe02"] },
    ]);
  });

  test("the same gain at terminals with different neighbours is one entry", () => {
    const before = policy({ flows: { "depot22-tpe01": ["odoo"], "depot22-tpe02": ["office"] } });
    const after = policy({
      flows: { "depot22-tpe01": ["odoo", "technician"], "depot22-tpe02": ["office", "technician"] },
    });
    assert.deepEqual(
      compare(before, after, NOW).access.map(({ source, flows }) => [source, flows.length]),
      [["technician", 2]],
    );
  });

  test("a source that means other addresses under its old name gains and loses by addresses", () => {
    const flows = { "depot22-tpe01": ["odoo"] };
    const after = policy({ flows, sources: { odoo: ["203.0.113.8"] } });
    assert.deepEqual(compare(policy({ flows }), after, NOW).access, [
      { what: "lost", source: "odoo", networks: ["203.0.113.7"], flows: ["depot22-tpe01"] },
      { what: "gained", source: "odoo", networks: ["203.0.113.8"], flows: ["depot22-tpe01"] },
    ]);
  });

  test("a source renamed, or a network split, changes nobody's access", () => {
    const before = policy({ flows: { "depot22-tpe01": ["office"] } });
    const split = { bureau: ["198.51.100.0/29", "198.51.100.8/29", "203.0.113.16"] };
    const change = compare(before, policy({ flows: { "depot22-tpe01": ["bureau"] }, sources: split }), NOW);
    assert.deepEqual(change.access, []);
    assert.deepEqual(change.rules, [
      { before: "office", after: "bureau", networks: ["198.51.100.0/28", "203.0.113.16"], flows: ["depot22-tpe01"] },
    ]);
  });

  test("a network split without another name is no change at all", () => {
    const flows = { "depot22-tpe01": ["office"] };
    const office = ["198.51.100.0/29", "198.51.100.8/29", "203.0.113.16"];
    assert.ok(isNoChange(compare(policy({ flows }), policy({ flows, sources: { office } }), NOW)));
  });

  test("only what is new of a wider network is gained", () => {
    const flows = { "depot22-tpe01": ["office"] };
    const change = compare(policy({ flows }), policy({ flows, sources: { office: ["198.51.100.0/27"] } }), NOW);
    assert.deepEqual(
      change.access.map(({ what, networks }) => [what, networks]),
      [
        ["gained", ["198.51.100.16/28"]],
        ["lost", ["203.0.113.16"]],
      ],
    );
  });

  test("the whole space, and its last address, are networks too", () => {
    const after = policy({ flows: { "flow/a": ["any"] }, sources: { any: ["0.0.0.0/0"] } });
    const last = policy({ flows: { "flow/a": ["any"] }, sources: { any: ["255.255.255.255", "0.0.0.0"] } });
    const nobody = policy({ flows: { "flow/a": [] } });
    assert.deepEqual(compare(nobody, after, NOW).access[0]?.networks, ["0.0.0.0/0"]);
    assert.deepEqual(compare(nobody, last, NOW).access[0]?.networks, ["0.0.0.0", "255.255.255.255"]);
  });

  test("a flow that is gone is lost by all who could enter", () => {
    const change = compare(policy({ flows: { "depot22-tpe01": ["odoo"] } }), policy({ flows: {} }), NOW);
    assert.deepEqual(change.flows.removed, ["depot22-tpe01"]);
    assert.deepEqual(change.access, [
      { what: "lost", source: "odoo", networks: ["203.0.113.7"], flows: ["depot22-tpe01"] },
    ]);
  });
});

suite("compare: until when", () => {
  const at = (until?: number): Policy =>
    policy({ flows: { "depot22-tpe01": [until === undefined ? "odoo" : { source: "odoo", until }] } });
  const kindOf = (before: Policy, after: Policy): readonly string[] =>
    compare(before, after, NOW).access.map(({ what }) => what);

  test("an end that comes, goes, or moves", () => {
    const [soon, late] = [at(NOW + HOUR), at(NOW + 2 * HOUR)];
    assert.deepEqual(kindOf(at(), soon), ["gets-end"]);
    assert.deepEqual(kindOf(soon, at()), ["loses-end"]);
    assert.deepEqual(kindOf(late, soon), ["ends-sooner"]);
    assert.deepEqual(kindOf(soon, late), ["ends-later"]);
  });

  test("a right that has ended is none, and ends strictly at its until", () => {
    assert.ok(isNoChange(compare(at(NOW), policy({ flows: { "depot22-tpe01": [] } }), NOW)));
    assert.deepEqual(kindOf(at(NOW - 1), at()), ["gained"]);
    assert.deepEqual(kindOf(at(NOW + 1), policy({ flows: { "depot22-tpe01": [] } })), ["lost"]);
  });

  test("of two rights the one that ends last decides", () => {
    const [soon, late]: Grant[] = [
      { source: "odoo", until: NOW + HOUR },
      { source: "same", until: NOW + 2 * HOUR },
    ];
    const sources = { same: ["203.0.113.7"] };
    assert.ok(soon && late);
    const both = policy({ flows: { "depot22-tpe01": [soon, late] }, sources });
    const change = compare(both, policy({ flows: { "depot22-tpe01": [late] }, sources }), NOW);
    assert.deepEqual(change.access, []);
    assert.equal(change.rules.length, 1);
  });
});

suite("compare: doors, settings, limits", () => {
  test("doors opened, closed and led elsewhere", () => {
    const before = policy({ flows: { "flow/a": [], "flow/b": [] } });
    const moved = policy({ flows: { "flow/b": [], "flow/c": [] }, targets: { "flow/b": "172.17.1.99:8888" } });
    const { doors } = compare(before, moved, NOW);
    assert.deepEqual(
      [doors.opened, doors.closed].map((list) => list.map(({ flow }) => flow)),
      [["flow/c"], ["flow/a"]],
    );
    assert.deepEqual(
      doors.redirected.map(({ before, after }) => [before.target, after.target]),
      [["172.17.1.2:8888", "172.17.1.99:8888"]],
    );
  });

  test("a door that passes to another flow is led elsewhere, for other rules hold there", () => {
    const door = { "flow/a": "198.51.100.10:9001", "flow/b": "198.51.100.10:9002" };
    const swapped = { "flow/a": "198.51.100.10:9002", "flow/b": "198.51.100.10:9001" };
    const flows = { "flow/a": ["odoo"], "flow/b": [] };
    const targets = { "flow/a": "172.17.1.1:8888", "flow/b": "172.17.1.1:8888" };
    const change = compare(policy({ flows, targets, doors: door }), policy({ flows, targets, doors: swapped }), NOW);
    assert.equal(change.doors.redirected.length, 2);
  });

  test("a flow with another id at the same door and target is renamed, and nobody gains or loses", () => {
    const doors = { "flow/a": "198.51.100.10:9001", "flow/b": "198.51.100.10:9001" };
    const targets = { "flow/a": "172.17.1.1:8888", "flow/b": "172.17.1.1:8888" };
    const [before, after] = [{ "flow/a": ["odoo"] }, { "flow/b": ["odoo"] }];
    const change = compare(policy({ flows: before, doors, targets }), policy({ flows: after, doors, targets }), NOW);
    assert.deepEqual(change.flows, { added: [], removed: [], renamed: [{ before: "flow/a", after: "flow/b" }] });
    assert.deepEqual([change.access, change.doors.redirected], [[], []]);
  });

  test("a service that listens elsewhere, and a flow that the gateway carries from now on", () => {
    const doors = { "service/x": "192.168.1.105:3021" };
    const flows = { "service/x": ["odoo"] };
    assert.deepEqual(compare(policy({ flows }), policy({ flows, doors }), NOW).settings, [
      { setting: "listens", before: "192.168.1.1:3000", after: "192.168.1.105:3021", flows: ["service/x"] },
    ]);
  });

  test("the shield, before all doors", () => {
    const before = policy({ flows: { "flow/a": [], "service/x": [] } });
    const after: Policy = { ...before, shield: true };
    const up = { setting: "shield", before: null, after: "up", flows: ["flow/a"] };
    assert.deepEqual(compare(before, after, NOW).settings, [up]);
    assert.deepEqual(compare(after, before, NOW).settings, [{ ...up, before: "up", after: null }]);
    assert.equal(isNoChange(compare(before, after, NOW)), false);
  });

  test("another engine, or another address of the kernel's, holds from the next start", () => {
    const before = policy({ flows: { "flow/a": [], "service/x": [] } });
    const kernel: Policy = { ...before, kernel: { source: parseAddress("192.0.2.1") ?? assert.fail() } };
    const change = compare(before, kernel, NOW);
    const chosen = { setting: "engine", before: "relay", after: "kernel (source 192.0.2.1)", flows: ["flow/a"] };
    assert.deepEqual(change.settings, [chosen]);
    assert.equal(isNoChange(change), false);
    assert.deepEqual(describeChange(change), [
      "engine: kernel (source 192.0.2.1) instead of relay at 1 flow, from the next start of the gateway: flow/a",
    ]);
    const preserved: Policy = { ...before, kernel: { source: "preserved" } };
    assert.deepEqual(
      compare(kernel, preserved, NOW).settings.map((each) => each.after),
      ["kernel (source preserved)"],
    );
    assert.deepEqual(compare(preserved, { ...before, kernel: { source: "preserved" } }, NOW).settings, []);
  });

  test("settings of flows and limits of the gateway", () => {
    const before = policy({ flows: { "flow/a": [] } });
    const after = policy({
      flows: { "flow/a": [] },
      limits: { idle: 60_000 },
      settings: { sessions: 1, onRevoke: "cut" },
    });
    const change = compare(before, after, NOW);
    assert.deepEqual(change.limits, [{ limit: "idle", before: 300_000, after: 60_000 }]);
    assert.deepEqual(change.settings, [
      { setting: "sessions", before: null, after: 1, flows: ["flow/a"] },
      { setting: "onRevoke", before: "drain", after: "cut", flows: ["flow/a"] },
    ]);
  });
});

suite("compare: queues", () => {
  const settings = (queue?: Queue) => ({ sessions: 1, ...(queue === undefined ? {} : { queue }) });
  const flows = { "flow/a": ["odoo"] };
  const queueing = (queue?: Queue): Policy => policy({ flows, settings: settings(queue) });
  const usual: Queue = { length: 4, wait: 30_000 };

  for (const [name, before, after, was, is] of [
    ["begins", undefined, usual, null, "4 for 30s"],
    ["ends", usual, undefined, "4 for 30s", null],
    ["is longer", usual, { ...usual, length: 5 }, "4 for 30s", "5 for 30s"],
    ["waits less", usual, { ...usual, wait: 500 }, "4 for 30s", "4 for 500ms"],
  ] as const)
    test(`one that ${name} is a setting, not access`, () => {
      const change = compare(queueing(before), queueing(after), NOW);
      assert.deepEqual(change.settings, [{ setting: "queue", before: was, after: is, flows: ["flow/a"] }]);
      assert.deepEqual(change.access, []);
    });

  test("the same one, written again, is no change", () => {
    assert.ok(isNoChange(compare(queueing(usual), queueing({ ...usual }), NOW)));
  });
});

suite("compare: PROXY headers", () => {
  const flows = { "flow/a": ["odoo"] };
  const behind = (name: string, ...networks: string[]): Policy =>
    policy({ flows, settings: { acceptProxy: [{ name, networks: networks.map(network) }] } });

  test("another balancer, or the same at another address, is a setting", () => {
    const before = behind("front", "192.0.2.1", "192.0.2.2");
    for (const [after, is] of [
      [behind("back", "192.0.2.1", "192.0.2.2"), "back (192.0.2.1 192.0.2.2)"],
      [behind("front", "192.0.2.1"), "front (192.0.2.1)"],
      [policy({ flows }), null],
    ] as const) {
      const { settings, access } = compare(before, after, NOW);
      const change = { setting: "acceptProxy", before: "front (192.0.2.1 192.0.2.2)", after: is, flows: ["flow/a"] };
      assert.deepEqual([settings, access], [[change], []]);
    }
    assert.ok(isNoChange(compare(before, behind("front", "192.0.2.1", "192.0.2.2"), NOW)));
  });

  test("what the target is told is a setting", () => {
    const change = compare(policy({ flows }), policy({ flows, settings: { sendProxy: "v2" } }), NOW);
    assert.deepEqual(change.settings, [{ setting: "sendProxy", before: null, after: "v2", flows: ["flow/a"] }]);
  });
});

suite("describeChange", () => {
  const terminals = Array.from({ length: 14 }, (_, index) => `depot22-tpe${String(index + 1).padStart(2, "0")}`);
  const allowing = (...grants: (string | Grant)[]): Policy =>
    policy({ flows: Object.fromEntries(terminals.map((id) => [id, grants])) });

  test("who gains how many terminals", () => {
    assert.deepEqual(describeChange(compare(allowing(), allowing("odoo"), NOW)), [
      "203.0.113.7 (odoo) gains 14 terminals: depot22-tpe01, depot22-tpe02, depot22-tpe03 and 11 more",
    ]);
  });

  test("losses come before gains, and an end is said", () => {
    const until = NOW + HOUR;
    const lines = describeChange(compare(allowing("office"), allowing({ source: "technician", until }), NOW));
    assert.deepEqual(
      lines.map((line) => line.slice(0, line.indexOf(": depot"))),
      [
        "198.51.100.0/28 and 203.0.113.16 (office) lose 14 terminals",
        "192.0.2.44 (technician) gains 14 terminals until 2026-12-01T13:00:00.000Z",
      ],
    );
  });

  test("doors, ends, settings, limits and renamed rules have their lines", () => {
    const [first, second] = [policy({ flows: { "flow/a": ["odoo"] } }), policy({ flows: { "flow/b": ["odoo"] } })];
    assert.deepEqual(describeChange(compare(first, second, NOW)), [
      "203.0.113.7 (odoo) loses 1 flow: flow/a",
      "203.0.113.7 (odoo) gains 1 flow: flow/b",
      "closes 1 door: 198.51.100.10:9001 (flow/a, to 172.17.1.1:8888)",
      "opens 1 door: 198.51.100.10:9002 (flow/b, to 172.17.1.2:8888)",
    ]);
    const limited = policy({
      flows: { "flow/a": [{ source: "twin", until: NOW + HOUR }] },
      sources: { twin: ["203.0.113.7"] },
      limits: { idle: 1 },
      settings: { sessions: 1 },
    });
    assert.deepEqual(describeChange(compare(first, limited, NOW)), [
      "203.0.113.7 (twin): access to 1 flow ends at 2026-12-01T13:00:00.000Z, had no end: flow/a",
      "sessions: 1 instead of none at 1 flow: flow/a",
      "limit idle: 1 instead of 300000",
      "no change of access: 203.0.113.7 (twin) entered by odoo: 1 flow",
    ]);
  });

  test("has no line exactly where nothing changes, and counts agree", () => {
    fc.assert(
      fc.property(policies, policies, (a, b) => {
        const change = compare(a, b, NOW);
        const count = countChange(change);
        assert.equal(
          describeChange(change).length === 0,
          isNoChange({ ...change, flows: { ...change.flows, added: [], removed: [] } }),
        );
        assert.equal(count.opened, change.doors.opened.length);
        assert.equal(count.gaining === 0, !change.access.some(({ what }) => what === "gained"));
      }),
    );
  });
});

suite("compare: laws", () => {
  test("compare(A, A) is empty, also where A was compiled twice", () => {
    fc.assert(
      fc.property(specs, (spec) => {
        assert.ok(isNoChange(compare(policy(spec), policy(spec), NOW)));
      }),
    );
  });

  test("A's access, without what is lost and with what is gained, is B's", () => {
    fc.assert(
      fc.property(policies, policies, (a, b) => {
        const change = compare(a, b, NOW);
        for (const id of new Set([...a.flows, ...b.flows].map((flow) => flow.id))) {
          for (const address of SAMPLES) {
            const had = enters(a, id, address);
            const [lost, gained] = [names(change, "lost", id, address), names(change, "gained", id, address)];
            assert.equal(enters(b, id, address), (had && !lost) || gained);
            assert.ok(!(lost && !had) && !(gained && had), "lost by one who was out, or gained by one who was in");
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the same holds at every later instant of those whose ends are named", () => {
    fc.assert(
      fc.property(policies, policies, (a, b) => {
        const change = compare(a, b, NOW);
        for (const flow of b.flows)
          for (const address of SAMPLES) {
            const [before, after] = [endOf(a, flow.id, address), endOf(b, flow.id, address)];
            if (before === 0 || after === 0) continue;
            const named = change.access.some(
              ({ what, flows, networks }) =>
                what !== "gained" && what !== "lost" && flows.includes(flow.id) && holds(networks, address),
            );
            assert.equal(named, before !== after);
          }
      }),
    );
  });

  test("what A -> B gains, B -> A loses", () => {
    fc.assert(
      fc.property(policies, policies, (a, b) => {
        const side = (change: PolicyChange, what: string) =>
          new Set(change.access.filter((each) => each.what === what).map(contentOf));
        const [there, back] = [compare(a, b, NOW), compare(b, a, NOW)];
        assert.deepEqual(side(there, "gained"), side(back, "lost"));
        assert.deepEqual(side(there, "lost"), side(back, "gained"));
        assert.deepEqual(there.doors.opened, back.doors.closed);
      }),
    );
  });
});

test("100,000 networks: exactly the one that is new is gained", () => {
  const many = Array.from({ length: 100_000 }, (_, index): Network => ({ address: (index * 4) as Ipv4, prefix: 31 }));
  const big = (networks: readonly Network[]): Policy =>
    policyOf([flowOf("depot01-tpe01", [{ source: "big" }], () => networks)]);
  const added = { address: (77_777 * 4 + 2) as Ipv4, prefix: 32 };
  const change = compare(big(many), big([...many, added]), NOW);
  assert.deepEqual(
    change.access.map(({ what, networks }) => [what, networks]),
    [["gained", ["0.4.191.70"]]],
  );
  assert.equal(compare(big([]), big(many), NOW).access[0]?.networks.length, 100_000);
});

type Sources = Readonly<Record<string, readonly string[]>>;

interface Spec {
  readonly flows: Readonly<Record<string, readonly (string | Grant)[]>>;
  readonly sources?: Sources;
  readonly targets?: Readonly<Record<string, string>>;
  readonly doors?: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  readonly settings?: Partial<Omit<RelayedFlow, keyof Flow>>;
}

function policy({ flows, sources = {}, targets = {}, doors = {}, limits = {}, settings = {} }: Spec): Policy {
  const all: Sources = { ...SOURCES, ...sources };
  const networksOf = (source: string): readonly Network[] => (all[source] ?? []).map(network);
  const list = Object.entries(flows).map(([id, grants]) => {
    const rights = grants.map((grant) => (typeof grant === "string" ? { source: grant } : grant));
    const flow = flowOf(id, rights, networksOf);
    if (flow.kind === "local") return { ...flow, endpoints: [endpoint(doors[id] ?? "192.168.1.1:3000")] };
    return {
      ...flow,
      ...settings,
      ...(targets[id] === undefined ? {} : { target: endpoint(targets[id]) }),
      ...(doors[id] === undefined ? {} : { endpoints: [endpoint(doors[id])] }),
    };
  });
  return policyOf(list, limits);
}

function flowOf(id: string, grants: readonly Grant[], networksOf: (source: string) => readonly Network[]): Flow {
  // Each id has a number of its own, and so a door and a target.
  const number = /^flow\/([a-z])$/.test(id) ? id.charCodeAt(5) - 96 : 100 + Number(id.replace(/\D/g, "").slice(-2));
  const facts = { id, grants, gate: compileGate(grants, networksOf), direction: "other" } as const;
  if (id.startsWith("service/")) return { ...facts, kind: "local", endpoints: [] } satisfies LocalFlow;
  const target = endpoint(`172.17.1.${number}:8888`);
  return {
    ...facts,
    kind: "relayed",
    endpoints: [endpoint(`198.51.100.10:${9_000 + number}`)],
    target,
    onRevoke: "drain",
  };
}

function policyOf(flows: readonly Flow[], limits: Partial<Limits> = {}): Policy {
  const doors = flows.flatMap((flow) =>
    flow.kind === "local" ? [] : flow.endpoints.map((at) => ({ endpoint: at, flow })),
  );
  return { limits: { ...LIMITS, ...limits }, flows, doors: doorsAt(doors) };
}

const LIMITS: Limits = {
  connect: 5_000,
  idle: 300_000,
  halfClosed: 30_000,
  stalled: 60_000,
  keepalive: 30_000,
  drain: 200_000,
  sessions: 4_096,
  perSource: 256,
};

/** A handful of addresses and the networks between them, so that sources meet, nest and touch. */
const SAMPLES = Array.from({ length: 20 }, (_, index) => (0xc0000200 + index) as Ipv4).concat(
  0 as Ipv4,
  0xffffffff as Ipv4,
);
const someNetworks = fc.array(
  fc.constantFrom("192.0.2.0/28", "192.0.2.0/30", "192.0.2.4/30", "192.0.2.2", "192.0.2.3", "192.0.2.16", "0.0.0.0/0"),
  { maxLength: 3 },
);
const someGrants = fc.array(
  fc.record(
    { source: fc.constantFrom("x", "y", "z"), until: fc.constantFrom(NOW - 1, NOW, NOW + 1, NOW + HOUR) },
    { requiredKeys: ["source"] },
  ),
  { maxLength: 3 },
);
const specs: fc.Arbitrary<Spec> = fc.record({
  flows: fc.dictionary(fc.constantFrom("flow/a", "flow/b", "flow/c", "service/s"), someGrants),
  sources: fc.record({ x: someNetworks, y: someNetworks, z: someNetworks }),
  settings: fc.record({ sessions: fc.constantFrom(1, 2) }),
});
const policies = specs.map(policy);

function enters(policy: Policy, id: string, address: Ipv4): boolean {
  const flow = policy.flows.find((each) => each.id === id);
  return flow !== undefined && judge(flow, address, NOW).permit;
}

/** When access ends: 0 where there is none now, Infinity where it has no end. Asks the judge, at every instant in play. */
function endOf(policy: Policy, id: string, address: Ipv4): number {
  const flow = policy.flows.find((each) => each.id === id);
  if (flow === undefined || !judge(flow, address, NOW).permit) return 0;
  return [NOW + 1, NOW + HOUR].find((at) => !judge(flow, address, at).permit) ?? Infinity;
}

function names(change: PolicyChange, what: "gained" | "lost", id: string, address: Ipv4): boolean {
  return change.access.some((each) => each.what === what && each.flows.includes(id) && holds(each.networks, address));
}

function holds(networks: readonly string[], address: Ipv4): boolean {
  return networks.some((text) => contains(network(text), address));
}

function contentOf({ source, networks, flows, ...rest }: PolicyChange["access"][number]): string {
  return JSON.stringify([source, networks, [...flows].sort(), "until" in rest ? rest.until : null]);
}

function endpoint(text: string): Endpoint {
  const [host = "", port] = text.split(":");
  const address = parseAddress(host);
  if (address === undefined) throw new TypeError(text);
  return { address, port: Number(port) };
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if ("kind" in parsed) throw new TypeError(text);
  return parsed;
}
