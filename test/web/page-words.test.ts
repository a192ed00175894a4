/** Both languages say everything, each as it is set; instants and lengths of time as the reader writes them. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Attention } from "../../src/answers/attention.ts";
import { OUTCOMES } from "../../src/engine/records.ts";
import type { PolicyChange } from "../../src/policy/policy-change.ts";
import { formatsOf } from "../../src/web/page/times.ts";
import { EN } from "../../src/web/page/words/en.ts";
import { FR } from "../../src/web/page/words/fr.ts";

/** Every reason that a refusal may have: src/engine/records.ts and src/policy/decide.ts; and those that add up. */
const REASONS = [
  ...["no-door", "no-address", "not-listed", "expired", "closed", "not-a-balancer"],
  ...["terminal", "source", "sessions", "descriptors"],
  ...["malformed", "checksum", "not-ipv4", "unusable-source", "incomplete"],
  ...["shielded", "many-doors", "many-sources"],
];

const AT = Date.parse("2026-11-22T12:00:00Z");

suite("the page's words", () => {
  for (const words of [EN, FR]) {
    test(`every outcome and every reason has its words (${words.language})`, () => {
      assert.deepEqual(Object.keys(words.outcomes).toSorted(), [...OUTCOMES].toSorted());
      assert.deepEqual(Object.keys(words.reasons).toSorted(), REASONS.toSorted());
    });

    test(`what needs attention is a sentence (${words.language})`, () => {
      for (const what of ATTENTION) {
        const said = words.attention(what, (flow) => flow, formatsOf(words.language, "UTC"), AT);
        assert.match(said, /^\p{L}.*\.$/u, what.what);
        assert.doesNotMatch(said, /undefined|NaN|\[object/, what.what);
      }
    });
  }

  test("what changes besides access has a line each; an engine is told to hold from the next start, and nothing else is", () => {
    for (const [words, since] of [
      [EN, "kernel (source preserved), not relay, from the next start of the gateway: depot22-tpe01"],
      [FR, "kernel (source preserved) au lieu de relay, au prochain démarrage de la passerelle : depot22-tpe01"],
    ] as const) {
      const said = words.elsewise(CHANGE).map((line) => line.replaceAll(/[\u00A0\u202F]/g, " "));
      assert.equal(said.length, 8, said.join("\n"));
      const [engine, ...others] = said.filter((line) => line.includes("kernel"));
      assert.ok(engine?.endsWith(since), engine);
      assert.deepEqual(others, []);
      assert.equal(said.filter((line) => /next start|prochain démarrage/.test(line)).length, 1);
      for (const line of said) assert.doesNotMatch(line, /undefined|null|NaN|\[object/);
    }
  });

  test("the same names in both, and French as it is set", () => {
    assert.deepEqual(namesIn(FR), namesIn(EN));
    for (const said of textsIn(FR)) assert.doesNotMatch(said, /'| [;?!:»]|« /, said);
  });
});

const ATTENTION: readonly Attention[] = [
  { what: "pending", number: 12, rollbackTo: 11, deadline: AT + 60_000 },
  { what: "journal", state: "failing", dropped: 3 },
  { what: "shield", state: "down", message: "The shield is down" },
  { what: "shield", state: "stuck", message: "The shield may stand still" },
  {
    what: "door-blocked",
    flow: "depot22-tpe01",
    endpoint: "198.51.100.10:12201",
    message: "Cannot listen on 198.51.100.10:12201: address already in use (another program listens there: ss -ltnp)",
  },
  { what: "depot-down", depot: 22, since: AT - 60_000, flows: 40 },
  { what: "terminal-down", flow: "depot22-tpe01", since: AT - 60_000, cause: "ECONNREFUSED" },
  { what: "grant-ends", id: "g1", source: "technician", flows: 2, until: AT + 60_000 },
  { what: "closed", flow: "depot22-tpe01", by: "Marie (dashboard)", at: AT - 60_000, reason: "Ticket 4711" },
  { what: "draining", flow: "depot22-tpe01", by: "Marie (dashboard)", at: AT - 60_000 },
  { what: "file-differs" },
];

const DOOR = { endpoint: "198.51.100.10:12201", flow: "depot22-tpe01", target: "172.17.22.10:8888" };

const CHANGE: PolicyChange = {
  access: [],
  doors: {
    opened: [DOOR],
    closed: [DOOR],
    redirected: [{ endpoint: DOOR.endpoint, before: DOOR, after: { ...DOOR, target: "172.17.22.11:8888" } }],
  },
  flows: { added: [], removed: [], renamed: [{ before: "flow/a", after: "flow/b" }] },
  settings: [
    { setting: "engine", before: "relay", after: "kernel (source preserved)", flows: [DOOR.flow] },
    { setting: "sessions", before: null, after: 1, flows: [DOOR.flow] },
  ],
  limits: [{ limit: "sessions", before: 4_096, after: 100 }],
  rules: [{ before: "odoo", after: "tills", networks: ["203.0.113.7"], flows: [DOOR.flow] }],
};

/** `a.b.c` of everything in it, however deep. */
function namesIn(value: unknown, path = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value)
    .flatMap(([name, each]) => namesIn(each, `${path}.${name}`))
    .toSorted();
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

suite("the page's instants and amounts", () => {
  const table: readonly (readonly [language: "fr" | "en", at: string, expected: string])[] = [
    ["fr", "2026-11-22T09:03:22Z", "10:03:22"],
    ["en", "2026-11-22T09:03:22Z", "10:03:22"],
    ["fr", "2026-11-21T23:30:00Z", "00:30:00"],
    ["fr", "2026-11-21T09:03:22Z", "21 nov., 10:03:22"],
    ["en", "2026-11-21T09:03:22Z", "21 Nov, 10:03:22"],
    ["en", "2025-11-21T09:03:22Z", "21 Nov 2025, 10:03:22"],
  ];
  for (const [language, at, expected] of table) {
    test(`${at} is ${expected} in Paris (${language})`, () => {
      const shown = formatsOf(language, "Europe/Paris").instant(Date.parse(at), AT);
      assert.equal(shown.replaceAll("\u00A0", " "), expected);
    });
  }

  test("lengths of time and bytes", () => {
    const { duration, bytes } = formatsOf("fr");
    const plain = (text: string): string => text.replaceAll(/[\u00A0\u202F]/g, " ");
    assert.deepEqual(
      [-5, 12_400, 184_000, 7_500_000, 97 * 3_600_000].map((each) => plain(duration(each))),
      ["0 s", "12 s", "3 min 04 s", "2 h 05 min", "4 j 1 h"],
    );
    assert.deepEqual(
      [0, 74, 1_200, 2_345_678].map((each) => plain(bytes(each))),
      ["0 o", "74 o", "1,2 ko", "2,3 Mo"],
    );
  });
});
