/**
 * Every command line of `ecluse` that this program's texts name can be typed: the command is there, its options are, the
 * target that is to be rendered is, and so is the file that is then to be loaded.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { ALL, rendered } from "../../src/cli/render-choice.ts";
import { audit } from "../../src/audit/audit.ts";
import type { AuditFinding } from "../../src/audit/finding.ts";
import { diagnose } from "../../src/diagnose/doctor.ts";
import { TARGETS } from "../../src/render/targets.ts";
import { examined, soundGateway, ufwLoaded } from "../support/sound-gateway.ts";
import { AT, exampleSubject, manyTerminals, textSubject } from "../render/subjects.ts";

interface Named {
  readonly where: string;
  readonly command: string;
  readonly rest: string;
}

/** `ecluse` and a word, as far as that command line goes; `ip ecluse` is a table of nftables. What is filled in is an X. */
function namedIn(where: string, text: string): readonly Named[] {
  const filled = text.replaceAll(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, "X");
  return [...filled.matchAll(/(?<!\bip )\becluse (?!-)([a-z][a-z-]*)([^\n`"'&|;()]*)/g)].map(
    ([, command = "", rest = ""]) => ({
      where,
      command,
      // A sentence goes on behind it.
      rest: rest.replace(/(?:,| or| to| wrote) .*/, ""),
    }),
  );
}

/** The user, the group, the unit and its folders have the program's name, too. */
const OTHER_WORDS = ["as", "root", "ecluse"];

/** What cannot be typed of it; nothing where it can. */
function wrongWith({ command, rest }: Named): string | undefined {
  if (OTHER_WORDS.includes(command)) return undefined;
  const known = COMMANDS.find(({ name }) => name === command);
  if (known === undefined) return "no such command";
  const options = [...rest.matchAll(/(?<=\s)--([a-z][a-z-]*)/g)].map(([, name]) => name);
  const unknown = options.find((option) => option !== "help" && !known.options.some(({ name }) => name === option));
  if (unknown !== undefined) return `no option --${unknown}`;
  const [, target] = command === "render" ? (/^ ([a-z][a-z-]*)/.exec(rest) ?? []) : [];
  const isKnown = target === undefined || target === ALL || TARGETS.some(({ name }) => name === target);
  return isKnown ? undefined : `no target ${target}`;
}

function wrongLines(named: readonly Named[]): readonly string[] {
  return named.flatMap((each) => {
    const wrong = wrongWith(each);
    return wrong === undefined ? [] : [`${each.where}: ecluse ${each.command}${each.rest}: ${wrong}`];
  });
}

suite("command lines that texts name", () => {
  const sources = globSync("src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
  for (const [what, files] of [
    ["of the program", sources],
    ["of the documents", [...globSync("docs/**/*.md"), "README.md", "CONTRIBUTING.md"]],
    [
      "of rendered files",
      globSync("test/rendered/**/*", { withFileTypes: true })
        .filter((each) => each.isFile())
        .map(({ parentPath, name }) => `${parentPath}/${name}`),
    ],
  ] as const) {
    test(`${what} can be typed`, () => {
      const named = files.flatMap((file) => namedIn(file, readFileSync(file, "utf8")));
      assert.ok(named.length > 0);
      assert.deepEqual(wrongLines(named), []);
    });
  }

  test("one that cannot is seen", () => {
    const text =
      "run `ecluse rendre ufw`, `ecluse render iptables`, `ecluse audit --every ${host}`, ecluse audit --all";
    assert.deepEqual(
      wrongLines(namedIn("x", text)).map((line) => line.replace(/.*: /, "")),
      ["no such command", "no target iptables", "no option --every"],
    );
  });
});

suite("findings that were made", () => {
  test("every fix of the audit and of the doctor names what can be typed", () => {
    const fixes = [...manyWrong(), ...diagnose(examined(NOTHING_RIGHT))].map(({ fix }) => fix);
    const named = fixes.flatMap((fix) => namedIn(fix, fix));
    assert.ok(named.length >= 5, JSON.stringify(fixes));
    assert.deepEqual(wrongLines(named), []);
  });

  test("the file that is to be loaded after a rendering is among those that it writes", async () => {
    const lines = manyWrong().flatMap(({ fix }) => [
      ...fix.matchAll(/ecluse render (\S+)(?: --machine (\S+))? --out DIR\/(.*)/g),
    ]);
    assert.deepEqual(new Set(lines.map(([, target]) => target)), new Set(["ufw", "nftables", "systemd"]));
    for (const [, name = "", machine, after = ""] of lines) {
      const subject = machine === undefined ? MANY : exampleSubject("listening-rule");
      const { files } = await rendered({ name, ...(machine === undefined ? {} : { machine }) }, subject);
      const [, path] = /(?:DIR\/|install (?:its|the) )(\S+)/.exec(after) ?? [];
      assert.ok(
        path !== undefined && files.some((file) => file.path.endsWith(path)),
        `${path ?? after}: ${files.map((file) => file.path).join()}`,
      );
    }
  });
});

const MANY = textSubject(manyTerminals(200));

/** No tunnel, no way, no firewall that was read. */
const NOTHING_RIGHT = {
  tailscale: '{"BackendState":"Stopped"}',
  ways: "",
  docker:
    '{"id":"1","name":"/web","image":"x","pid":1,"network":"bridge","ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"10101"}]}}',
  "ufw-rules": "",
  "iptables-nft": ufwLoaded("-A ufw-before-input -i tailscale0 -j ACCEPT"),
} as const;

/** More commands than a person reads, of UFW and of nftables; a unit that is not as it should be. */
function manyWrong(): readonly AuditFinding[] {
  const walled = (changed: Parameters<typeof soundGateway>[0]): readonly AuditFinding[] =>
    audit([soundGateway({ sockets: "", ...changed })], MANY);
  return [
    ...walled({ "iptables-nft": ufwLoaded() }),
    ...walled({ "iptables-nft": "", nftables: DROPPING }),
    ...audit([backEnd()], { ...exampleSubject("listening-rule"), at: AT }),
  ];
}

function backEnd() {
  const { format, taken } = soundGateway();
  const readings = [{ id: "unit:api-faucet", source: "systemctl show", text: "LoadState=loaded\nEnvironment=\n" }];
  return { format, taken, host: "prod", readings };
}

/** An nft table that drops everybody. */
const DROPPING = JSON.stringify({
  nftables: [
    { chain: { family: "inet", table: "own", name: "in", type: "filter", hook: "input", prio: 0, policy: "drop" } },
  ],
});
