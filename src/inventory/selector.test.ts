import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import fc from "fast-check";
import { DEPOTS, publicPortOf, TERMINALS, terminalId } from "./numbering.ts";
import { nearestIds, parseSelector, type Selectable, selects } from "./selector.ts";

const gateway = parseAddress("198.51.100.10") as Ipv4;

function terminal(depot: number, number: number, alias?: number): Selectable {
  const position = { depot, terminal: number };
  const ports = [publicPortOf(position), ...(alias === undefined ? [] : [alias])];
  return {
    id: terminalId(position),
    endpoints: ports.map((port) => ({ address: gateway, port })),
    target: { address: parseAddress(`172.17.${depot}.${9 + number}`) as Ipv4, port: 8888 },
  };
}

const FLOWS: readonly Selectable[] = [
  terminal(1, 1),
  terminal(2, 1),
  terminal(22, 1),
  terminal(22, 2, 9001),
  terminal(22, 12),
  { id: "service/api-faucet", endpoints: [{ address: parseAddress("192.168.1.103") as Ipv4, port: 3021 }] },
  {
    id: "flow/Dépannage",
    endpoints: [{ address: gateway, port: 4102 }],
    target: { address: parseAddress("203.0.113.7") as Ipv4, port: 4102 },
  },
];

suite("a selector", () => {
  const one = "depot22-tpe01";
  const table: Readonly<Record<string, readonly string[]>> = {
    "depot22-tpe01": [one],
    "depot22-tpe1": [one],
    "DEPOT22-TPE01": [one],
    "Dépôt 22 / TPE 01": [one],
    "De\u0301po\u0302t 22 / TPE 01": [one],
    "dépôt 22, tpe 1": [one],
    "depot 22 tpe 1": [one],
    "depot22/tpe1": [one],
    "22/1": [one],
    "22/01": [one],
    " 22 / 1 ": [one],
    "12201": [one],
    "172.17.22.10": [one],
    "172.17.22.10:8888": [one],
    "198.51.100.10:12201": [one],
    "9001": ["depot22-tpe02"],
    depot22: ["depot22-tpe01", "depot22-tpe02", "depot22-tpe12"],
    "Dépôt 22": ["depot22-tpe01", "depot22-tpe02", "depot22-tpe12"],
    depot2: ["depot02-tpe01"],
    depot02: ["depot02-tpe01"],
    "depot*-tpe01": ["depot01-tpe01", "depot02-tpe01", "depot22-tpe01"],
    "depot22-tpe?2": ["depot22-tpe02", "depot22-tpe12"],
    "service/api-faucet": ["service/api-faucet"],
    "api-faucet": ["service/api-faucet"],
    "API-*": ["service/api-faucet"],
    "192.168.1.103": ["service/api-faucet"],
    "flow/dépannage": ["flow/Dépannage"],
    depannage: ["flow/Dépannage"],
    "flow/*": ["flow/Dépannage"],
    "*": FLOWS.map(({ id }) => id),
    // Names nothing here, though it could elsewhere.
    "23/1": [],
    "172.17.22.99": [],
    "172.17.22.10:9999": [],
    "198.51.100.10": [],
    api: [],
    depot22x: [],
  };
  for (const [text, ids] of Object.entries(table)) {
    test(`${JSON.stringify(text)} names ${ids.length === 0 ? "nothing" : ids.join(", ")}`, () => {
      const selector = parseSelector(text);
      assert.ok(selector);
      assert.deepEqual(
        FLOWS.filter((flow) => selects(selector, flow)).map(({ id }) => id),
        ids,
      );
    });
  }

  for (const text of [
    "",
    "  ",
    "depot73",
    "depot0",
    "0/1",
    "1/0",
    "73/1",
    "depot22-tpe00",
    "0",
    "65536",
    "99999999999",
    "172.17.22.256",
    "010.1.1.1",
    "172.17.22.10:0",
    "172.17.22.10:70000",
    "a\u001bb",
    "x".repeat(121),
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseSelector(text), undefined));
  }

  test("finds every terminal of the plan by each of its names", () => {
    const places = fc.tuple(fc.integer({ min: 1, max: DEPOTS }), fc.integer({ min: 1, max: TERMINALS }));
    fc.assert(
      fc.property(places, ([depot, number]) => {
        const flow = terminal(depot, number);
        const names = [
          flow.id,
          `depot${depot}-tpe${number}`,
          `${depot}/${number}`,
          String(publicPortOf({ depot, terminal: number })),
          `depot${depot}`,
          `172.17.${depot}.${9 + number}`,
        ];
        for (const name of names) {
          const selector = parseSelector(name);
          assert.ok(selector && selects(selector, flow), name);
        }
      }),
    );
  });

  test("never throws, and takes no time over many stars", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 130 }), (text) => {
        const selector = parseSelector(text);
        if (selector !== undefined) for (const flow of FLOWS) selects(selector, flow);
      }),
    );
    const selector = parseSelector("*a".repeat(50));
    assert.ok(selector && !selects(selector, { id: "a".repeat(49), endpoints: [] }));
  });
});

suite("nearestIds", () => {
  test("has the nearest first", () => {
    const ids = FLOWS.map(({ id }) => id);
    assert.equal(nearestIds("depot22-tpe3", ids)[0], "depot22-tpe01");
    assert.equal(nearestIds("api-faucte", ids)[0], "service/api-faucet");
    assert.equal(nearestIds("x", ids).length, 3);
  });
});
