/** What the kernel is told, held against a kernel that knows those words (`test/support/shield-kernel.ts`). */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, type Network, formatAddress, parseAddress, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { ShieldKernel } from "../../test/support/shield-kernel.ts";
import type { Grant, Limits } from "../inventory/model.ts";
import { judge, judgeWay } from "../policy/decide.ts";
import { compileGate } from "../policy/gate.ts";
import { type Door, type Policy, type RelayedFlow, doorsAt } from "../policy/policy.ts";
import { NOTHING, coverOf, widest } from "./cover.ts";
import { difference } from "./script.ts";

const NOW = Date.UTC(2026, 11, 1, 12);
const HOUR = 3_600_000;
const GATEWAY = address("198.51.100.10");
const TILL = address("203.0.113.7");
const STRANGER = address("192.0.2.66");

suite("difference", () => {
  test("one more terminal is one more element", () => {
    const before = coverOf(policy({ doors: { 1: {}, 2: {} } }), NOW);
    const after = coverOf(policy({ doors: { 1: {}, 2: {}, 3: {} } }), NOW);
    const script = difference(before, after, NOW);
    assert.match(script, /^add element ip ecluse_shield doors { 198\.51\.100\.10 \. 3 : goto list-[0-9a-f]{16} }\n$/);
    assert.equal(difference(after, after, NOW), "");
  });

  test("one more network of a source is one more element, whatever the number of doors", () => {
    const sources = (more: readonly string[]) => ({ till: ["203.0.113.7", ...more] });
    const before = coverOf(policy({ doors: { 1: {}, 2: {} }, sources: sources([]) }), NOW);
    const after = coverOf(policy({ doors: { 1: {}, 2: {} }, sources: sources(["198.51.100.0/28"]) }), NOW);
    assert.match(
      difference(before, after, NOW),
      /^add element ip ecluse_shield from-till-[0-9a-f]{16} { 198\.51\.100\.0-198\.51\.100\.15 \. 6 }\n$/,
    );
  });

  for (const [name, until, timeout] of [
    ["in an hour", NOW + HOUR, " timeout 3660s"],
    ["in a year", NOW + 365 * 24 * HOUR, ""],
  ] as const)
    test(`a right that ends ${name}`, () => {
      const cover = coverOf(policy({ doors: { 1: { allow: [{ source: "till", until }] } } }), NOW);
      assert.match(difference(NOTHING, cover, NOW), new RegExp(`{ 203\\.0\\.113\\.7 \\. 6${timeout} }\n`));
    });

  test("a name that nft would not take is left out of the name of the set", () => {
    const sources = { "Caisse d’Évry (1)": ["203.0.113.7"] };
    const cover = coverOf(policy({ doors: { 1: { allow: [{ source: "Caisse d’Évry (1)" }] } }, sources }), NOW);
    assert.match(difference(NOTHING, cover, NOW), /^add set ip ecluse_shield from-CaissedEvry1-[0-9a-f]{16} {/);
  });
});

suite("who gets through", () => {
  const end = { source: "till", until: NOW };
  const balancer = { name: "balancer", networks: [network("192.0.2.10")] };
  const cases: readonly (readonly [string, DoorSpec, Ipv4, boolean])[] = [
    ["a listed source", {}, TILL, true],
    ["nobody else", {}, STRANGER, false],
    ["nobody where nobody is listed", { allow: [] }, TILL, false],
    ["nobody whose right has ended", { allow: [end] }, TILL, false],
    ["whose right has ended and who has another", { allow: [end, { source: "till" }] }, TILL, true],
    ["everybody where everybody may", { allow: [{ source: "any" }] }, STRANGER, true],
    ["nobody at a closed door", { standing: "closed" }, TILL, false],
    ["nobody at a door that drains", { standing: "draining" }, TILL, false],
    ["a balancer", { acceptProxy: [balancer] }, address("192.0.2.10"), true],
    ["nobody past the balancer", { acceptProxy: [balancer] }, TILL, false],
    ["nobody where the balancers are none", { acceptProxy: [] }, TILL, false],
  ];
  for (const [name, door, source, gets] of cases)
    test(name, () => {
      const kernel = new ShieldKernel();
      kernel.run(difference(NOTHING, coverOf(policy({ doors: { 1: door } }), NOW), NOW));
      assert.equal(kernel.lets(source, `${formatAddress(GATEWAY)} . 1`), gets);
    });

  test("a door on every address", () => {
    const kernel = new ShieldKernel();
    kernel.run(difference(NOTHING, coverOf(policy({ doors: { 1: {} }, on: 0 as Ipv4 }), NOW), NOW));
    assert.deepEqual(
      [TILL, STRANGER].map((source) => kernel.lets(source, "192.0.2.1 . 1")),
      [true, false],
    );
  });
});

const someNetworks = fc.array(
  fc.constantFrom("192.0.2.0/28", "192.0.2.0/30", "192.0.2.4/30", "192.0.2.2", "192.0.2.3", "192.0.2.16", "0.0.0.0/0"),
  { maxLength: 3 },
);
const someGrants = fc.array(
  fc.record(
    { source: fc.constantFrom("x", "y", "z"), until: fc.constantFrom(NOW, NOW + 1, NOW + HOUR) },
    { requiredKeys: ["source"] },
  ),
  { maxLength: 3 },
);
const someDoor: fc.Arbitrary<DoorSpec> = fc.record(
  { allow: someGrants, standing: fc.constantFrom("closed", "draining"), balancers: fc.subarray(["x", "y"]) },
  { requiredKeys: ["allow"] },
);
const policies = fc
  .record({
    doors: fc.dictionary(fc.constantFrom("1", "2", "3"), someDoor),
    sources: fc.record({ x: someNetworks, y: someNetworks, z: someNetworks }),
  })
  .map(policy);

/** A handful of addresses and the networks between them, so that sources meet, nest and touch. */
const SAMPLES = Array.from({ length: 20 }, (_, index) => (0xc0000200 + index) as Ipv4).concat(TILL);

test("law: after any sequence of changes the kernel holds what the last policy alone would have put there", () => {
  fc.assert(
    fc.property(fc.array(policies, { minLength: 1, maxLength: 5 }), (sequence) => {
      const kernel = new ShieldKernel();
      let cover = NOTHING;
      for (const each of sequence) {
        const next = coverOf(each, NOW);
        const both = widest(cover, next);
        kernel.run(difference(cover, both, NOW));
        kernel.run(difference(both, next, NOW));
        cover = next;
      }
      const fresh = new ShieldKernel();
      fresh.run(difference(NOTHING, cover, NOW));
      assert.deepEqual(kernel.contents, fresh.contents);
    }),
  );
});

test("law: it lets in exactly whom the process would not refuse for who he is", () => {
  fc.assert(
    fc.property(policies, (each) => {
      const kernel = kernelFor(each);
      for (const { endpoint, flow } of each.doors.values())
        for (const source of SAMPLES) assert.equal(kernel.lets(source, spell(endpoint)), mayConnect(flow, source));
    }),
  );
});

test("law: between two policies nobody is refused whom one of them lets in", () => {
  fc.assert(
    fc.property(policies, policies, (before, after) => {
      const [from, to] = [coverOf(before, NOW), coverOf(after, NOW)];
      const kernel = kernelFor(before);
      kernel.run(difference(from, widest(from, to), NOW));
      for (const { doors } of [before, after])
        for (const { endpoint, flow } of doors.values())
          for (const source of SAMPLES)
            if (mayConnect(flow, source)) assert.equal(kernel.lets(source, spell(endpoint)), true);
    }),
  );
});

function kernelFor(each: Policy): ShieldKernel {
  const kernel = new ShieldKernel();
  kernel.run(difference(NOTHING, coverOf(each, NOW), NOW));
  return kernel;
}

function mayConnect(flow: RelayedFlow, source: Ipv4): boolean {
  if (flow.acceptProxy === undefined) return judge(flow, source, NOW).permit;
  return flow.standing === undefined && judgeWay(flow, source) === undefined;
}

interface DoorSpec extends Partial<Pick<RelayedFlow, "standing" | "acceptProxy">> {
  /** Default: the till. */
  readonly allow?: readonly Grant[];
  /** Names of sources. */
  readonly balancers?: readonly string[];
}

interface Spec {
  /** By port. */
  readonly doors: Readonly<Record<string, DoorSpec>>;
  readonly sources?: Readonly<Record<string, readonly string[]>>;
  readonly on?: Ipv4;
}

function policy({ doors, sources = {}, on = GATEWAY }: Spec): Policy {
  const all = { any: ["0.0.0.0/0"], till: [formatAddress(TILL)], ...sources } as Record<string, readonly string[]>;
  const networksOf = (source: string): readonly Network[] => (all[source] ?? []).map(network);
  const opened = Object.entries(doors).map(([port, { allow = [{ source: "till" }], balancers, ...more }]): Door => {
    const endpoint = { address: on, port: Number(port) };
    const named = balancers?.map((name) => ({ name, networks: networksOf(name) }));
    const flow: RelayedFlow = {
      ...{ kind: "relayed", id: `flow/${port}`, endpoints: [endpoint], target: endpoint, direction: "other" },
      ...{ onRevoke: "drain", grants: allow, gate: compileGate(allow, networksOf) },
      ...(named === undefined ? {} : { acceptProxy: named }),
      ...more,
    };
    return { endpoint, flow };
  });
  return {
    limits: {} as Limits,
    shield: true,
    flows: opened.map(({ flow }) => flow),
    doors: doorsAt(opened),
  };
}

function spell(endpoint: Door["endpoint"]): string {
  return `${formatAddress(endpoint.address)} . ${endpoint.port}`;
}

function address(text: string): Ipv4 {
  return parseAddress(text) ?? assert.fail(text);
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  return "kind" in parsed ? assert.fail(text) : parsed;
}
