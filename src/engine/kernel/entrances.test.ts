import assert from "node:assert/strict";
import { test } from "node:test";
import { type Network, contains, formatNetwork, parseAddress, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import type { Grant } from "../../inventory/model.ts";
import { type Gate, compileGate, permitsFor } from "../../policy/gate.ts";
import { entrancesOf } from "./entrances.ts";

const network = (text: string): Network => parseNetwork(text) as Network;

/** Grants named after their one network. */
function gateOf(grants: readonly Grant[]): Gate {
  return compileGate(grants, (source) => [network(source)]);
}

const plain = (gate: Gate): readonly string[] =>
  entrancesOf(gate).map(({ prefix, addresses, until }) => `/${prefix} ${addresses.join(" ")} ${until ?? "always"}`);

test("nobody listed: no entrance", () => {
  assert.deepEqual(entrancesOf(gateOf([])), []);
});

test("neighbours of several sources are one network; each length of prefix has its own list", () => {
  const gate = gateOf(["192.0.2.0/25", "192.0.2.128/25", "203.0.113.7", "203.0.113.9"].map((source) => ({ source })));
  assert.deepEqual(plain(gate), ["/24 192.0.2.0 always", "/32 203.0.113.7 203.0.113.9 always"]);
});

test("everyone is one network", () => {
  assert.deepEqual(plain(gateOf([{ source: "0.0.0.0/0" }])), ["/0 0.0.0.0 always"]);
});

test("who may always enter does so whatever else ends; of several ends the last counts", () => {
  const gate = gateOf([
    { source: "192.0.2.0/24", until: 1_000 },
    { source: "192.0.2.0/24", until: 3_000 },
    { source: "192.0.2.7" },
  ]);
  const always = plain(gate).filter((line) => line.endsWith("always"));
  assert.deepEqual(always, ["/32 192.0.2.7 always"]);
  assert.ok(plain(gate).every((line) => /(always|3000)$/.test(line)));
});

test("an entrance holds exactly those whom the gate permits", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const written = fc
    .tuple(octet, fc.constantFrom(0, 8, 9, 24, 31, 32))
    .map(([last, prefix]) => networkAt(`10.0.0.${last}`, prefix));
  const until = fc.constantFrom(undefined, 1_000, 2_000);
  const grant = fc
    .tuple(written, until)
    .map(([source, end]) => ({ source, ...(end === undefined ? {} : { until: end }) }));
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 6 }), octet, fc.constantFrom(0, 1_000, 1_500), (grants, last, now) => {
      const gate = gateOf(grants);
      const source = parseAddress(`10.0.0.${last}`);
      assert.ok(source !== undefined);
      const permitted = permitsFor(gate, source).some(({ grant: { until: end } }) => end === undefined || now < end);
      const entered = entrancesOf(gate).some(
        ({ prefix, addresses, until: end }) =>
          (end === undefined || now < end) &&
          addresses.some((address) => contains(network(`${address}/${prefix}`), source)),
      );
      assert.equal(entered, permitted);
    }),
  );
});

/** The network of that length which holds the address. */
function networkAt(address: string, prefix: number): string {
  const parsed = parseNetwork(`${address}/${prefix}`);
  if (!("kind" in parsed)) return formatNetwork(parsed);
  return parsed.kind === "host-bits" ? formatNetwork(parsed.meant) : address;
}
