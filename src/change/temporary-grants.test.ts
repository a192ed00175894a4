import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { Inventory } from "../inventory/model.ts";
import { readInventory } from "../inventory/read.ts";
import { compare } from "../policy/compare.ts";
import { compile } from "../policy/compile.ts";
import { judge } from "../policy/decide.ts";
import { openTemporaryGrants } from "./temporary-grants-store.ts";
import {
  type GrantRequest,
  NO_GRANTS,
  type TemporaryGrants,
  addGrant,
  grantsAside,
  revokeGrant,
  withTemporaryGrants,
  withoutExpired,
} from "./temporary-grants.ts";

const NOW = Date.UTC(2026, 11, 1, 12);
const HOUR = 3_600_000;
const INVENTORY = inventoryOf("technician: { addresses: [192.0.2.44] }");

const request = (changes: Partial<GrantRequest> = {}): GrantRequest => ({
  source: "technician",
  flows: ["depot22-tpe01"],
  duration: 2 * HOUR,
  reason: "Ticket 4711",
  by: "alice",
  ...changes,
});

const granted = (...requests: readonly Partial<GrantRequest>[]): TemporaryGrants =>
  requests.reduce(
    (grants: TemporaryGrants, changes) => addGrant(grants, request(changes), { inventory: INVENTORY, now: NOW }),
    NO_GRANTS,
  );

suite("withTemporaryGrants", () => {
  test("the source enters until the instant, strictly before, and nobody else", () => {
    const policy = compile(withTemporaryGrants(INVENTORY, granted({}).list, NOW));
    const verdict = (source: string, at: number): boolean => enters(policy, "depot22-tpe01", source, at);
    assert.equal(verdict("192.0.2.44", NOW), true);
    assert.equal(verdict("192.0.2.44", NOW + 2 * HOUR - 1), true);
    assert.equal(verdict("192.0.2.44", NOW + 2 * HOUR), false);
    assert.equal(verdict("192.0.2.45", NOW), false);
    assert.equal(enters(policy, "depot22-tpe02", "192.0.2.44", NOW), false);
  });

  test("is exactly the access that compare names", () => {
    const after = compile(withTemporaryGrants(INVENTORY, granted({}).list, NOW));
    assert.deepEqual(compare(compile(INVENTORY), after, NOW).access, [
      {
        what: "gained",
        source: "technician",
        until: "2026-12-01T14:00:00.000Z",
        networks: ["192.0.2.44"],
        flows: ["depot22-tpe01"],
      },
    ]);
  });

  test("an address or a network that is no source becomes one under its own text", () => {
    const grants = granted({ source: "192.0.2.0/28" }, { source: "198.51.100.99", flows: ["flow/opi"] }).list;
    const policy = compile(withTemporaryGrants(INVENTORY, grants, NOW));
    assert.equal(enters(policy, "depot22-tpe01", "192.0.2.15", NOW), true);
    assert.equal(enters(policy, "depot22-tpe01", "192.0.2.16", NOW), false);
    assert.equal(enters(policy, "flow/opi", "198.51.100.99", NOW), true);
  });

  test("carries the reason and the end as any grant does", () => {
    const { depots } = withTemporaryGrants(INVENTORY, granted({}).list, NOW);
    const right = { source: "technician", until: NOW + 2 * HOUR, reason: "Ticket 4711" };
    assert.deepEqual(depots[0]?.terminals[0]?.grants.at(-1), right);
  });

  test("what no grant touches stays the same object, and all of it where none holds", () => {
    const { list } = granted({ flows: ["flow/opi"] });
    assert.equal(withTemporaryGrants(INVENTORY, list, NOW).depots[0], INVENTORY.depots[0]);
    assert.equal(withTemporaryGrants(INVENTORY, list, NOW + 2 * HOUR), INVENTORY);
  });
});

suite("a new inventory", () => {
  const { list } = granted({ flows: ["depot22-tpe01", "depot22-tpe02"] });

  test("without the source: the grant holds nowhere, and is told", () => {
    const other = inventoryOf("someone: { addresses: [192.0.2.44] }");
    assert.equal(withTemporaryGrants(other, list, NOW), other);
    assert.deepEqual(
      grantsAside(other, list, NOW).map(({ why, flows }) => [why, flows.length]),
      [["no-such-source", 2]],
    );
  });

  test("without one of its flows: it holds at the others, and that one is told", () => {
    const other = inventoryOf("technician: { addresses: [192.0.2.44] }", "1");
    const policy = compile(withTemporaryGrants(other, list, NOW));
    assert.equal(enters(policy, "depot22-tpe01", "192.0.2.44", NOW), true);
    assert.deepEqual(
      grantsAside(other, list, NOW).map(({ why, flows }) => [why, flows]),
      [["no-such-flow", ["depot22-tpe02"]]],
    );
  });

  test("a grant that has ended is not told of", () => {
    assert.deepEqual(grantsAside(inventoryOf("x: { addresses: [192.0.2.1] }"), list, NOW + 2 * HOUR), []);
  });
});

suite("addGrant", () => {
  const refusals: readonly (readonly [string, Partial<GrantRequest>, RegExp, string?])[] = [
    ["an unknown source, with the nearest", { source: "tecnician" }, /neither a source/],
    ["everyone by name", { source: "any" }, /everyone/],
    ["everyone by network", { source: "0.0.0.0/0" }, /very wide/],
    ["a network with host bits", { source: "192.0.2.1/28" }, /neither a source/],
    ["an address spelt otherwise", { source: "192.0.2.1/32" }, /neither a source/],
    ["a terminal that is not there", { flows: ["depot22-tpe09"] }, /depot22-tpe09/, "no-such-flow"],
    ["a service, whose own machine lets in", { flows: ["service/api"] }, /service\/api/, "no-such-flow"],
    ["no flow", { flows: [] }, /no flow/, "no-such-flow"],
    ["no time", { duration: 0 }, /duration/],
    ["no number", { duration: NaN }, /duration/],
    ["more than 30 days", { duration: 30 * 24 * HOUR + 1 }, /duration/],
    ["no reason", { reason: "" }, /reason/],
    ["a reason that steers a terminal", { reason: "\u001b[2J" }, /reason/],
  ];
  for (const [name, changes, message, code = "usage"] of refusals) {
    test(`refuses ${name}`, () => {
      assert.throws(() => granted(changes), { code, message });
    });
  }

  test("takes exactly 30 days and one second, and counts ids on", () => {
    const { list } = granted({ duration: 30 * 24 * HOUR }, { duration: 1_000 });
    assert.deepEqual(
      list.map(({ id }) => id),
      ["g1", "g2"],
    );
  });

  test("never gives an id twice, so that a late revoke hits nothing else", () => {
    const grants = granted({}, {});
    const next = addGrant(revokeGrant(grants, "g2"), request(), { inventory: INVENTORY, now: NOW });
    assert.deepEqual(
      next.list.map(({ id }) => id),
      ["g1", "g3"],
    );
    assert.throws(() => revokeGrant(next, "g2"), { code: "usage", hint: "the grants are g1, g3" });
  });

  test("is bounded", () => {
    const [one] = granted({}).list;
    assert.ok(one);
    const full = { next: 1_001, list: Array.from({ length: 1_000 }, () => one) };
    assert.throws(() => addGrant(full, request(), { inventory: INVENTORY, now: NOW }), /1000 grants are in force/);
  });

  test("withoutExpired keeps what still holds, and the object where that is all", () => {
    const grants = granted({ duration: HOUR }, {});
    assert.deepEqual(
      withoutExpired(grants, NOW + HOUR).list.map(({ id }) => id),
      ["g2"],
    );
    assert.equal(withoutExpired(grants, NOW + HOUR - 1), grants);
  });
});

suite("openTemporaryGrants", () => {
  test("keeps grants and their ends over a restart", async (t) => {
    const folder = folderOf(t);
    const store = await openTemporaryGrants(folder);
    await store.update((grants) => addGrant(grants, request(), { inventory: INVENTORY, now: NOW }));
    assert.deepEqual((await openTemporaryGrants(folder)).value, granted({}));
  });

  test("changes at once are made one after another", async (t) => {
    const store = await openTemporaryGrants(folderOf(t));
    const add = () => store.update((grants) => addGrant(grants, request(), { inventory: INVENTORY, now: NOW }));
    await Promise.all([add(), add(), add()]);
    assert.deepEqual(
      store.value.list.map(({ id }) => id),
      ["g1", "g2", "g3"],
    );
  });

  test("what could not be written did not happen", async (t) => {
    const folder = folderOf(t);
    const store = await openTemporaryGrants(join(folder, "gone"));
    const added = store.update((grants) => addGrant(grants, request(), { inventory: INVENTORY, now: NOW }));
    await assert.rejects(added, { code: "cannot-write" });
    assert.deepEqual(store.value, NO_GRANTS);
  });

  test("a damaged file is named, not half-read", async (t) => {
    const folder = folderOf(t);
    await (await openTemporaryGrants(folder)).update(() => granted({}, {}));
    const path = join(folder, "grants");
    const whole = readFileSync(path);
    for (const size of [0, 10, whole.length - 1]) {
      truncateSync(path, size);
      await assert.rejects(openTemporaryGrants(folder), {
        code: "inventory-unreadable",
        message: /temporary grants in /,
      });
      writeFileSync(path, whole);
    }
  });
});

function enters(policy: ReturnType<typeof compile>, id: string, source: string, at: number): boolean {
  const flow = policy.flows.find((each) => each.id === id);
  assert.ok(flow);
  return judge(flow, parseAddress(source) ?? (0 as Ipv4), at).permit;
}

function inventoryOf(source: string, terminals = "1-2"): Inventory {
  const text = `
gateway: { address: 198.51.100.10 }
sources: { odoo: { addresses: [203.0.113.7] }, ${source} }
depots: { 22: { allow: [odoo], terminals: ${terminals} } }
flows: { opi: { listen: "198.51.100.10:4102", target: "203.0.113.9:4102", allow: [odoo] } }
`;
  const { inventory, findings } = readInventory({ "ecluse.yaml": text }, NOW);
  if (inventory === undefined) throw new TypeError(findings.map(({ message }) => message).join("\n"));
  const services = [{ name: "api", machine: "back", port: 3_020, grants: [{ source: "odoo" }] }];
  const machines = [{ name: "back", address: 0xc0a80169 as Ipv4, ssh: [] }];
  return { ...inventory, services, machines };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-grants-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
