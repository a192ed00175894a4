import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, type Network, parseAddress } from "@ecluse/guard/address";
import type { Grant } from "../inventory/model.ts";
import { decide, judge, judgeBalancer, judgeWay } from "./decide.ts";
import { compileGate } from "./gate.ts";
import { type Policy, type RelayedFlow, doorsAt } from "./policy.ts";

const TILL = address("203.0.113.7");
const STRANGER = address("192.0.2.66");
const DOOR = { address: address("198.51.100.10"), port: 12_201 };
const NOON = Date.UTC(2026, 11, 1, 12);

suite("decide", () => {
  test("a listed source may enter, by the grant that names it", () => {
    const verdict = decide(policyOf([{ source: "odoo" }]), DOOR, TILL, NOON);
    assert.deepEqual(verdict, { permit: true, grant: { source: "odoo" } });
  });

  test("anyone else is not listed", () => {
    assert.deepEqual(decide(policyOf([{ source: "odoo" }]), DOOR, STRANGER, NOON), denial("not-listed"));
  });

  test("no grants: nobody is listed", () => {
    assert.deepEqual(decide(policyOf([]), DOOR, TILL, NOON), denial("not-listed"));
  });

  test("a peer without an address is denied even where everyone may enter", () => {
    assert.deepEqual(decide(policyOf([{ source: "any" }]), DOOR, undefined, NOON), denial("no-address"));
  });

  test("an endpoint without a door is denied, whatever its port or address alone", () => {
    const policy = policyOf([{ source: "any" }]);
    for (const elsewhere of [
      { ...DOOR, port: 12_202 },
      { ...DOOR, address: TILL },
      { address: address("198.51.100.11"), port: DOOR.port },
    ])
      assert.deepEqual(decide(policy, elsewhere, TILL, NOON), denial("no-door"));
  });
});

suite("judgeWay", () => {
  const [front, direct] = [address("192.0.2.10"), undefined];
  const plain = flowOf([]);
  const balanced = {
    ...plain,
    acceptProxy: [{ name: "front", networks: [{ address: address("192.0.2.10"), prefix: 32 }] }],
  };
  const cases: readonly (readonly [string, RelayedFlow, Ipv4 | undefined, boolean])[] = [
    ["a flow without balancers, by itself", plain, direct, true],
    ["a flow without balancers, by one", plain, front, false],
    ["a flow with a balancer, by that one", balanced, front, true],
    ["a flow with a balancer, by another", balanced, address("192.0.2.11"), false],
    ["a flow with a balancer, by itself", balanced, direct, false],
    ["a flow with balancers that are none, by anybody", { ...plain, acceptProxy: [] }, front, false],
  ];
  for (const [name, flow, balancer, open] of cases)
    test(`${name}: ${open ? "open" : "not"}`, () => {
      assert.deepEqual(judgeWay(flow, balancer), open ? undefined : denial("not-a-balancer"));
    });

  test("a balancer is not heard where an operator lets nobody in", () => {
    assert.equal(judgeBalancer(balanced, address("192.0.2.10")), undefined);
    assert.deepEqual(judgeBalancer({ ...balanced, standing: "draining" }, address("192.0.2.10")), denial("closed"));
  });
});

suite("judge: until", () => {
  const flow = flowOf([{ source: "odoo", until: NOON }]);
  const cases = [
    { now: NOON - 1, permit: true },
    { now: NOON, permit: false },
    { now: NOON + 1, permit: false },
  ];
  for (const { now, permit } of cases)
    test(`${now - NOON} ms from the instant: ${permit ? "may enter" : "expired"}`, () => {
      const verdict = judge(flow, TILL, now);
      assert.equal(verdict.permit, permit);
      if (!verdict.permit) assert.equal(verdict.reason, "expired");
    });

  test("somebody whom no grant names is not listed, not expired", () => {
    assert.deepEqual(judge(flow, STRANGER, NOON + 1), denial("not-listed"));
  });

  test("the first grant written that still holds is the rule", () => {
    const grants: Grant[] = [
      { source: "odoo", until: NOON - 1 },
      { source: "any", until: NOON + 1 },
      { source: "odoo" },
    ];
    const verdict = (now: number) => judge(flowOf(grants), TILL, now);
    assert.deepEqual(verdict(NOON - 2), { permit: true, grant: grants[0] });
    assert.deepEqual(verdict(NOON), { permit: true, grant: grants[1] });
    assert.deepEqual(verdict(NOON + 1), { permit: true, grant: grants[2] });
  });

  test("when every grant has ended it says expired", () => {
    const grants: Grant[] = [
      { source: "odoo", until: 1 },
      { source: "any", until: 2 },
    ];
    assert.deepEqual(judge(flowOf(grants), TILL, NOON), denial("expired"));
  });
});

function denial(reason: string): { readonly permit: false; readonly reason: string } {
  return { permit: false, reason };
}

function flowOf(grants: readonly Grant[]): RelayedFlow {
  const networks: Readonly<Record<string, readonly Network[]>> = {
    odoo: [{ address: TILL, prefix: 32 }],
    any: [{ address: 0 as Ipv4, prefix: 0 }],
  };
  return {
    kind: "relayed",
    id: "depot22-tpe01",
    endpoints: [DOOR],
    target: { address: address("172.17.22.10"), port: 8_888 },
    direction: "till-to-terminal",
    grants,
    gate: compileGate(grants, (source) => networks[source] ?? []),
    onRevoke: "drain",
  };
}

function policyOf(grants: readonly Grant[]): Policy {
  const flow = flowOf(grants);
  return {
    limits: {
      connect: 1,
      idle: 1,
      halfClosed: 1,
      stalled: 1,
      keepalive: 1,
      drain: 1,
      sessions: 1,
      perSource: 1,
    },
    flows: [flow],
    doors: doorsAt([{ endpoint: DOOR, flow }]),
  };
}

function address(text: string): Ipv4 {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}
