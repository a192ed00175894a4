import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Ipv4 } from "@ecluse/guard/address";
import { OUTCOMES } from "../engine/records.ts";
import { BatchBuilder, packEndpoint, unpackEndpoint, unpackRefusals, unpackSessions } from "./batch.ts";

const address = fc.nat({ max: 0xffffffff }).map((value) => value as Ipv4);
const plain = { noNullPrototype: true } as const;
const endpoint = fc.record({ address, port: fc.nat({ max: 65_535 }) }, plain);
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const name = fc.constantFrom("depot1-tpe01", "odoo", "dépôt", "x");

const session = fc.record(
  {
    flow: name,
    endpoint,
    source: address,
    target: endpoint,
    rule: name,
    startedAt: count,
    duration: fc.double({ min: 0, max: 1e9, noNaN: true }),
    bytesToTarget: count,
    bytesToClient: count,
    outcome: fc.constantFrom(...OUTCOMES),
    by: fc.constantFrom("client", "target", "gateway"),
    cause: fc.constantFrom("ECONNREFUSED", "connect"),
  },
  {
    requiredKeys: [
      "flow",
      "endpoint",
      "source",
      "target",
      "rule",
      "startedAt",
      "duration",
      "bytesToTarget",
      "bytesToClient",
      "outcome",
      "by",
    ],
    noNullPrototype: true,
  },
);

const refusal = fc.record(
  {
    at: count,
    flow: fc.option(name, { nil: undefined }),
    source: fc.option(address, { nil: undefined }),
    outcome: fc.constantFrom("denied", "busy", "overload", "bad-proxy-header"),
    reason: fc.constantFrom("not-listed", "many-sources", "terminal"),
    count,
  },
  plain,
);

suite("a batch", () => {
  test("unpacked is what was packed, after the way to another thread", () => {
    fc.assert(
      fc.property(fc.array(session), fc.array(refusal), (sessions, refusals) => {
        const builder = new BatchBuilder();
        for (const row of sessions) builder.session(row);
        for (const row of refusals) builder.refused(row);
        assert.equal(builder.rows, sessions.length + refusals.length);
        const batch = structuredClone(builder.seal(1, 0, undefined));
        assert.deepEqual([...unpackSessions(batch)], sessions);
        assert.deepEqual([...unpackRefusals(batch)], refusals);
      }),
    );
  });

  test("an endpoint packed is a safe whole number, and comes back", () => {
    fc.assert(
      fc.property(endpoint, (value) => {
        assert.ok(Number.isSafeInteger(packEndpoint(value)));
        assert.deepEqual(unpackEndpoint(packEndpoint(value)), value);
      }),
    );
  });
});
