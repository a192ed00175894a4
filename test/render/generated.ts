/** Inventories that nobody would write, and that `check` accepts: names of every language, overlapping sources, ended rights. */
import { type Ipv4, formatNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { merged } from "../../src/render/subject.ts";

/** What a name may hold, least of all letters; labels may hold quotes, too. */
const LETTERS = Array.from("abzAZ09-_.éßŒĳ中文بنكйגהİı𐌰").concat("e\u0301");
const SIGNS = Array.from(" '’()/&");

const word = (letters: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map((list) => list.join(""));
const label = word([...LETTERS, ...SIGNS, ...SIGNS]).map((text) => `x${text}'`);

/** Two pools of 256 addresses, so that sources overlap. */
const networks = fc
  .array(
    fc.record({
      pool: fc.constantFrom(192 * 2 ** 24 + 2 * 2 ** 8, 203 * 2 ** 24 + 113 * 2 ** 8),
      host: fc.nat(255),
      prefix: fc.constantFrom(25, 27, 28, 30, 31, 32, 32, 32),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) =>
    merged(
      list.map(({ pool, host, prefix }) => {
        const address = (pool + host - (host % 2 ** (32 - prefix))) as Ipv4;
        return { address, prefix };
      }),
    ).map(formatNetwork),
  );

/** By number: which sources, and whether the right has ended (`past`) or will (`future`). */
const rights = fc.uniqueArray(
  fc.record({ source: fc.nat(6), until: fc.constantFrom(undefined, undefined, "past", "future") }),
  { maxLength: 4, selector: ({ source }) => source },
);

const terminal = fc.record({
  label: fc.option(label, { nil: undefined }),
  allow: fc.option(rights, { nil: undefined }),
  alias: fc.boolean(),
});

const facts = fc.record({
  wildcard: fc.nat(9).map((number) => number === 0),
  sources: fc.array(fc.record({ name: word(LETTERS), networks }), { minLength: 1, maxLength: 4 }),
  depots: fc.uniqueArray(
    fc.record({
      number: fc.integer({ min: 1, max: 72 }),
      allow: rights,
      terminals: fc.array(terminal, { maxLength: 9 }),
    }),
    { maxLength: 3, selector: ({ number }) => number },
  ),
  services: fc.array(fc.record({ name: word(LETTERS), allow: rights, machine: fc.nat(1) }), { maxLength: 4 }),
  flows: fc.array(
    fc.record({ name: word(LETTERS), allow: rights, target: fc.boolean(), balancer: fc.boolean(), any: fc.boolean() }),
    { maxLength: 4 },
  ),
});

type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;
type Rights = Facts["services"][number]["allow"];

export const MACHINES = { "proxy-é": "192.168.1.100", bitcoin: "192.168.1.105" } as const;

/** The text of an inventory. It always says who comes by SSH, and always has a terminal. */
export const inventoryText: fc.Arbitrary<string> = facts.map((given) => JSON.stringify(inventoryOf(given)));

function inventoryOf(given: Facts): unknown {
  const names = given.sources.map(({ name }, index) => `s${name}${index}`);
  const known = [...names, ...Object.keys(MACHINES), "depots"];
  const allow = (rights: Rights): object => allowOf(rights, known);
  const depots = given.depots.length > 0 ? given.depots : [{ number: 7, allow: [], terminals: [] }];
  return {
    gateway: { address: given.wildcard ? "0.0.0.0" : "198.51.100.10", tunnel: { routers: ["172.17.240.1"] } },
    sources: Object.fromEntries(
      given.sources.map(({ networks }, index) => [names[index] ?? "", { addresses: networks }]),
    ),
    ssh: { allow: [names[0]] },
    depots: Object.fromEntries(depots.map((depot) => [depot.number, depotOf(depot, allow)])),
    machines: Object.fromEntries(
      Object.entries(MACHINES).map(([name, address]) => [name, { address, ssh: { allow: [names[0]] } }]),
    ),
    services: Object.fromEntries(
      given.services.map(({ name, machine, ...service }, index) => [
        `v${name}${index}`,
        { machine: Object.keys(MACHINES)[machine], port: 3020 + index, ...allow(service.allow) },
      ]),
    ),
    flows: Object.fromEntries(
      given.flows.map((flow, index) => [flowName(flow, index), flowOf(flow, index, { allow, names })]),
    ),
    exceptions: exceptionsOf(given, depots),
  };
}

function allowOf(rights: Rights, known: readonly string[]): object {
  const list = rights.flatMap(({ source, until }): readonly (string | object)[] => {
    const name = known[source];
    if (name === undefined) return [];
    const instant = { past: "2026-11-01T00:00:00Z", future: "2099-01-01T00:00:00Z" };
    return until === undefined ? [name] : [{ source: name, until: instant[until] }];
  });
  return list.length === 0 ? {} : { allow: list };
}

function depotOf(
  { number, allow: rights, terminals }: Facts["depots"][number],
  allow: (rights: Rights) => object,
): object {
  const written = terminals.map(({ label, allow: own, alias }, index) => [
    index + 1,
    {
      ...(label === undefined ? {} : { label }),
      ...(own === undefined ? {} : allow(own)),
      ...(alias ? { aliases: [aliasOf(number, index)] } : {}),
    },
  ]);
  const listed = Object.fromEntries(written) as object;
  return { ...allow(rights), terminals: written.length === 0 ? 1 : listed };
}

/** Some stand side by side, some do not. */
function aliasOf(depot: number, index: number): number {
  return 20_000 + depot * 10 + index;
}

function flowName({ name }: Facts["flows"][number], index: number): string {
  return `w${name}${index}`;
}

function flowOf(
  { allow: rights, target, balancer, any }: Facts["flows"][number],
  index: number,
  { allow, names }: { readonly allow: (rights: Rights) => object; readonly names: readonly string[] },
): object {
  return {
    listen: `198.51.100.${10 + (index % 2)}:${4100 + index}`,
    ...(target ? { target: `203.0.113.7:${4100 + index}` } : {}),
    ...(any ? { allow: ["any"] } : allow(rights)),
    ...(target && balancer ? { acceptProxy: names.slice(0, 2) } : {}),
  };
}

function exceptionsOf({ wildcard, flows }: Facts, depots: Facts["depots"]): readonly object[] {
  const reason = "generated";
  return [
    ...(wildcard ? [{ rule: "wildcard-listen", on: "gateway", reason }] : []),
    ...depots
      .filter(({ terminals }) => terminals.some(({ alias }) => alias))
      .map(({ number }) => ({ rule: "port-outside-plan", on: `depot${String(number).padStart(2, "0")}`, reason })),
    ...flows.flatMap((flow, index) =>
      flow.any ? [{ rule: "source-any", on: `flow/${flowName(flow, index)}`, reason }] : [],
    ),
  ];
}
