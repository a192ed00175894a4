/** Back-ends as somebody might write them: names of any language, lists of any shape, rights that have ended. */
import { formatNetwork, type Network, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { merged, type Subject } from "../../src/render/subject.ts";
import { textSubject } from "./subjects.ts";

const MACHINES = 4;

/** Begins like no place of the plan; what follows is whatever a name may hold. */
const name = fc
  .array(fc.constantFrom("é", "ß", "ñ", "Ж", "Ω", "日", "本", "ي", "한", "a", "Z", "9", "-", "_", "."), {
    maxLength: 20,
  })
  .map((characters) => `x${characters.join("")}`);

const network = fc
  .record({
    block: fc.constantFrom("192.0.2", "198.51.100", "203.0.113"),
    host: fc.integer({ min: 0, max: 255 }),
    prefix: fc.integer({ min: 24, max: 32 }),
  })
  .map(
    ({ block, host, prefix }) => parseNetwork(`${block}.${host - (host % 2 ** (32 - prefix))}/${prefix}`) as Network,
  );

const until = fc.constantFrom(undefined, "2026-01-01T00:00:00Z", "2026-11-22T12:00:00Z", "2027-01-01T00:00:00+01:00");

/** Which of the sources there are, by number. */
const chosen = fc.uniqueArray(fc.nat({ max: 2 + MACHINES }), { maxLength: 4 });

const service = fc.record({
  name,
  machine: fc.nat({ max: MACHINES - 1 }),
  allow: fc.uniqueArray(fc.record({ source: fc.nat({ max: 2 + MACHINES }), until }), {
    maxLength: 4,
    selector: ({ source }) => source,
  }),
  hasVariable: fc.boolean(),
  unit: fc.constantFrom(undefined, "nginx", "own", "own@", "own:1."),
  domain: fc.constantFrom(undefined, "api", `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(50)}`),
  outbound: fc.oneof(fc.constant(undefined), fc.constant("any"), chosen),
});

const written = fc.record({
  sources: fc.tuple(
    ...[0, 1, 2].map(() => fc.record({ name, networks: fc.array(network, { minLength: 1, maxLength: 5 }) })),
  ),
  machines: fc.tuple(...Array.from({ length: MACHINES }, () => name)),
  services: fc.array(service, { maxLength: 8 }),
});

/** Every unit belongs to one service, but for nginx's; the last of the sources is `any`. */
export const backends: fc.Arbitrary<Subject> = written.map(({ sources, machines, services }) => {
  // Numbers keep names apart that only case or accents would.
  const named = sources.map((source, index) => ({ ...source, name: `${source.name}s${index}` }));
  const hosts = machines.map((each, index) => `${each}m${index}`);
  const all = [...named.map((source) => source.name), ...hosts, "any"];
  const nameOf = (index: number): string => all[index] ?? "any";
  const inventory = {
    gateway: { address: "198.51.100.10" },
    sources: Object.fromEntries(
      named.map((source) => [source.name, { addresses: merged(source.networks).map(formatNetwork) }]),
    ),
    machines: Object.fromEntries(hosts.map((host, index) => [host, { address: `192.168.1.${100 + index}` }])),
    ssh: { allow: [nameOf(0)] },
    services: Object.fromEntries(
      services.map(({ machine, allow, hasVariable, unit, domain, outbound, ...rest }, index) => [
        `${rest.name}v${index}`,
        {
          machine: hosts[machine],
          port: 3_000 + index,
          // An empty list is refused: nobody is written by leaving the key out.
          ...(allow.length === 0 ? {} : { allow: allow.map((right) => ({ ...right, source: nameOf(right.source) })) }),
          ...(hasVariable ? { hostVariable: `V${index}_HOST` } : {}),
          ...(unit === undefined ? {} : { unit: unit === "nginx" ? unit : `${unit}${index}` }),
          ...(domain === undefined ? {} : { domain: `${domain}${index}.example.org` }),
          ...(outbound === undefined ? {} : { outbound: outbound === "any" ? outbound : outbound.map(nameOf) }),
        },
      ]),
    ),
    exceptions: services.length === 0 ? [] : [{ rule: "source-any", on: "service/*", reason: "a test" }],
  };
  return textSubject(JSON.stringify(inventory));
});
