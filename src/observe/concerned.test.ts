import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { AccessChange, PolicyChange } from "../policy/policy-change.ts";
import { concernedBy } from "./concerned.ts";

function at(flow: string, source: string): { readonly flow: string; readonly source: Ipv4 } {
  return { flow, source: parseAddress(source) as Ipv4 };
}

function change(access: readonly AccessChange[], flows: Partial<PolicyChange["flows"]> = {}): PolicyChange {
  return {
    flows: { added: [], removed: [], renamed: [], ...flows },
    doors: { opened: [], closed: [], redirected: [] },
    ...{ access, rules: [], settings: [], limits: [] },
  };
}

const LOST = { what: "lost", source: "odoo", networks: ["192.0.2.0/30", "198.51.100.0/24", "203.0.113.7"] } as const;

suite("concernedBy", () => {
  const inside = [at("a", "192.0.2.3"), at("a", "192.0.2.4"), at("a", "198.51.100.255"), at("b", "203.0.113.7")];

  test("those whose source loses its right at their flow, and no neighbour", () => {
    assert.deepEqual(concernedBy(change([{ ...LOST, flows: ["a"] }]), inside), [inside[0], inside[2]]);
    assert.deepEqual(concernedBy(change([{ ...LOST, flows: ["b"] }]), inside), [inside[3]]);
    assert.deepEqual(concernedBy(change([{ ...LOST, flows: ["c"] }]), inside), []);
  });

  test("everybody at a flow that goes; nobody where somebody gains", () => {
    assert.deepEqual(concernedBy(change([], { removed: ["a"] }), inside), inside.slice(0, 3));
    assert.deepEqual(concernedBy(change([{ ...LOST, what: "gained", flows: ["a", "b"] }]), inside), []);
  });

  test("a flow that is renamed by the same change is known by its name before", () => {
    const renamed = [{ before: "b", after: "c" }];
    assert.deepEqual(concernedBy(change([{ ...LOST, flows: ["c"] }], { renamed }), inside), [inside[3]]);
  });
});
