import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseAddress } from "@ecluse/guard/address";
import {
  type Changed,
  INVENTORY,
  examined,
  failed,
  tailscaleStatus,
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
const ALONE = INVENTORY.replace("terminals: 5", "terminals: [3]");

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
    when: "a temporary grant names the till's network",
    from: "192.0.2.44",
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

function walk({ changed = {}, inventory, gateway = live(), from }: Omit<Row, "said">): Walk {
  const ways = way(22, "tailscale0").replaceAll(".10", ".12");
  const audited = examined({ sockets: sockets(DOORS), ways, ...changed }, inventory);
  const flow = audited.policy.flows.find(({ id }) => id === "depot22-tpe03");
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
