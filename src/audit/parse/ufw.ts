/**
 * UFW as its files tell it: `ENABLED=` of ufw.conf, the defaults, and the rules of user.rules with the tuple above each,
 * which says what was typed.
 */
import { type HostFacts, textOf } from "../facts.ts";
import type { Rule } from "../wall/ruleset.ts";
import { meaningOf, parseIptables } from "./iptables.ts";

export interface Ufw {
  /** What the operator wants; `undefined`: UFW is not there, or could not be read. */
  readonly enabled: boolean | undefined;
  /** `ufw status`: whether it stands in the kernel. */
  readonly active: boolean;
  /** What happens to who is named by no rule: `DROP`, `REJECT`, `ACCEPT`. */
  readonly incoming: string;
  readonly entries: readonly UfwEntry[];
  /** Of packets that the host passes on. */
  readonly routed: readonly UfwEntry[];
  readonly entries6: readonly UfwEntry[];
  /** What stands in its files by somebody's hand, or by the package's: before and after the entries. */
  readonly lines: readonly UfwLine[];
}

export interface UfwLine {
  /** `/etc/ufw/before.rules`. */
  readonly file: string;
  readonly rule: Rule;
}

/** One rule as it was typed, and what iptables gets of it. */
export interface UfwEntry {
  readonly tuple: string;
  readonly action: string;
  readonly protocol: string;
  /** `10101:10199,20000`, or `any`. */
  readonly port: string;
  readonly rules: readonly Rule[];
  /** Without `ufw`, and `route`: `allow from 203.0.113.7 to any port 10101 proto tcp`. */
  readonly words: string;
  readonly isRouted: boolean;
}

export function ufwOf(facts: HostFacts): Ufw {
  const text = textOf(facts, "ufw");
  const [, enabled] = /ENABLED="?(yes|no)/i.exec(text) ?? [];
  const [, incoming = "DROP"] = /DEFAULT_INPUT_POLICY="?(\w+)/.exec(text) ?? [];
  const all = entriesIn(textOf(facts, "ufw-rules"));
  return {
    enabled: enabled === undefined ? undefined : enabled.toLowerCase() === "yes",
    active: /^Status: active/m.test(text),
    incoming,
    entries: all.filter(({ isRouted }) => !isRouted),
    routed: all.filter(({ isRouted }) => isRouted),
    entries6: entriesIn(textOf(facts, "ufw-rules6")).filter(({ isRouted }) => !isRouted),
    lines: linesIn(textOf(facts, "ufw-own")),
  };
}

const byMeaning = new WeakMap<readonly UfwEntry[], ReadonlyMap<string, UfwEntry>>();

/** The entry that a loaded rule is of. */
export function entryOf(entries: readonly UfwEntry[], rule: Rule): UfwEntry | undefined {
  const index =
    byMeaning.get(entries) ?? new Map(entries.flatMap((entry) => entry.rules.map((each) => [meaningOf(each), entry])));
  byMeaning.set(entries, index);
  return index.get(meaningOf(rule));
}

/** The command that takes an entry away. */
export function deleting({ isRouted, words }: UfwEntry): string {
  return `ufw ${isRouted ? "route " : ""}delete ${words}`;
}

/** The line of one of its files that a loaded rule is of. */
export function lineOf({ lines }: Ufw, { place, ...rule }: Rule): UfwLine | undefined {
  const meaning = meaningOf({ place, ...rule });
  return lines.find((each) => each.rule.place.chain === place.chain && meaningOf(each.rule) === meaning);
}

function linesIn(text: string): readonly UfwLine[] {
  return [...text.matchAll(/^(\/[^:]+):(-A .*)$/gm)].flatMap(([, file = "", line = ""]) =>
    parseIptables(`*filter\n${line}`, "iptables").rules.map((rule) => ({ file, rule })),
  );
}

/** All rules are parsed at once, and each tuple takes those that stand below it. */
function entriesIn(text: string): readonly UfwEntry[] {
  const blocks = [...text.matchAll(/^### tuple ### (.*)\n((?:-A .*\n)*)/gm)];
  const { rules } = parseIptables(`*filter\n${blocks.map(([, , lines]) => lines).join("")}`, "iptables");
  const byLine = new Map(rules.map((rule) => [rule.line, rule]));
  return blocks.flatMap(([, tuple = "", lines = ""]) => {
    const own = lines.split("\n").flatMap((line) => byLine.get(line) ?? []);
    return readEntry(tuple, own) ?? [];
  });
}

/**
 * UFW's parser: `[route:]action proto dport dst sport src [dapp sapp] direction[_interface] [comment=hex]`; of what is passed
 * on both interfaces may be told: `in_eth0!out_eth1`. Outgoing rules are about nobody who comes.
 */
function readEntry(tuple: string, rules: readonly Rule[]): UfwEntry | undefined {
  const fields = tuple.split(" ").filter((word) => !word.startsWith("comment="));
  const [given = "", protocol = "", port = "", to = "", fromPort = "", from = ""] = fields;
  const direction = fields.at(-1) ?? "";
  const action = given.replace(/^route:/, "");
  const isRouted = action !== given;
  if (fields.length < 7 || (!isRouted && !direction.startsWith("in"))) return undefined;
  const devices = [...direction.matchAll(/(in|out)_([^!]+)/g)];
  const words = [
    action.replace("_log-all", " log-all").replace("_log", " log").split(" ")[0] ?? "",
    ...devices.map(([, way = "", device = ""]) => `${way} on ${device}`),
    ...(/_log/.test(action) ? [action.endsWith("log-all") ? "log-all" : "log"] : []),
    `from ${addressOf(from)}${fromPort === "any" ? "" : ` port ${fromPort}`}`,
    `to ${addressOf(to)}${port === "any" ? "" : ` port ${port}`}`,
    ...(protocol === "any" ? [] : [`proto ${protocol}`]),
  ].join(" ");
  return { tuple, action, protocol, port, rules, words, isRouted };
}

function addressOf(text: string): string {
  return text === "0.0.0.0/0" ? "any" : text;
}
