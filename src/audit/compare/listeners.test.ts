/** Who holds a port, and what is printed to mend it. Real listeners, and the commands run, are in test/netns. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readInventory } from "../../inventory/read.ts";
import { compile } from "../../policy/compile.ts";
import { auditedOf } from "../audited.ts";
import { compareListeners } from "./listeners.ts";

const AT = Date.parse("2026-11-22T12:00:00Z");
const ID = "0123456789abcdef".repeat(4);

const INVENTORY = `
gateway: { address: 198.51.100.10 }
sources: { tills: { addresses: [203.0.113.7] } }
depots: { 1: { allow: [tills], terminals: 1 } }
`;

const { inventory } = readInventory({ "ecluse.yaml": INVENTORY }, AT);
assert.ok(inventory);

/** As /proc/net/tcp has them. */
const AT_DOOR = "0A6433C6:2775";
const EVERYWHERE = "00000000:2775";
const BESIDE = "01004064:2775";
const PLAN = "0A6433C6:4393";
const LOOPBACK = "0100007F:2BCB";

interface Held {
  readonly at: string;
  readonly by: string;
  readonly group?: string;
}

/** Codes and commands, where these programs listen. */
function said(holders: readonly Held[], more: Readonly<Record<string, string>> = {}): readonly string[] {
  const texts = {
    sockets: ["== net:[1] tcp self", ...holders.map(({ at }, n) => `0: ${at} 00000000:0000 0A 0 0 0 0 0 ${40 + n} 1`)],
    owners: holders.map((_, n) => `/proc/${12 + n}/fd/3 socket:[${40 + n}]`),
    programs: holders.flatMap(({ by, group }, n) => [
      `/proc/${12 + n}/comm:${by}`,
      ...(group === undefined ? [] : [`/proc/${12 + n}/cgroup:0::${group}`]),
    ]),
  };
  const readings = [
    ...Object.entries(texts).map(([id, lines]) => ({ id, source: id, text: lines.join("\n") })),
    ...Object.entries(more).map(([id, text]) => ({ id, source: id, text })),
  ];
  const facts = { format: 1, host: "gateway", taken: "2026-11-22T12:00:00.000Z", readings } as const;
  assert.ok(inventory);
  const audited = auditedOf(facts, { inventory, policy: compile(inventory), at: AT });
  return compareListeners(audited).map(({ code, fix }) => `${code}: ${fix}`);
}

suite("compareListeners", () => {
  const gateway = { at: AT_DOOR, by: "node" };
  const docker = `{"id":"${ID}","name":"/relay","image":"x","network":"host","ports":{}}`;

  const table: readonly (readonly [what: string, said: readonly string[], expected: readonly string[]])[] = [
    ["the gateway on its door", said([gateway]), []],
    ["another program there", said([{ ...gateway, by: "socat" }]), ["held-by-another: kill 12"]],
    [
      "another unit there",
      said([{ ...gateway, by: "socat", group: "/system.slice/old.service" }]),
      ["held-by-another: systemctl disable --now old.service"],
    ],
    [
      "what cron has started there",
      said([{ ...gateway, by: "socat", group: "/system.slice/cron.service" }]),
      ["held-by-another: kill 12"],
    ],
    [
      "a container there",
      said([{ ...gateway, by: "socat", group: `/system.slice/docker-${ID}.scope` }], { docker }),
      ["held-by-another: docker rm --force 'relay'"],
    ],
    ["the gateway on another list", said([{ ...gateway, at: EVERYWHERE }]), ["listens-everywhere: ecluse apply"]],
    [
      "another program on another address, beside the gateway",
      said([gateway, { at: BESIDE, by: "socat" }]),
      ["listens-elsewhere: kill 13"],
    ],
    [
      "the same, and nobody on the door",
      said([{ at: BESIDE, by: "socat" }], { "unit:ecluse": "LoadState=loaded\nActiveState=failed" }),
      ["listens-elsewhere: kill 12 && systemctl start ecluse"],
    ],
    ["a port of the plan", said([gateway, { at: PLAN, by: "socat" }]), ["not-declared: kill 13"]],
    ["a port of the plan for this host alone", said([gateway, { at: LOOPBACK, by: "memcached" }]), []],
  ];

  for (const [what, is, expected] of table) test(what, () => assert.deepEqual(is, expected));
});
