/**
 * Rules as iptables-save(8) prints them, of one backend: nft or legacy. Both may be loaded at once, and a packet meets
 * both.
 */
import type { BaseChain, Chain, Hook, Place, Rule } from "../wall/ruleset.ts";
import { conditionsOf } from "./iptables-matches.ts";
import { actionOf } from "./iptables-targets.ts";
import { optionsOf, wordsOf } from "./words.ts";

export type Program = Place["program"];

/** netfilter's priorities: linux/netfilter_ipv4.h, NF_IP_PRI_*. */
const PRIORITIES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 };

const HOOKS: Readonly<Record<string, Hook>> = { PREROUTING: "prerouting", INPUT: "input", FORWARD: "forward" };

export interface Loaded {
  readonly chains: readonly BaseChain[];
  /** Every rule, also of chains that nothing leads to. */
  readonly rules: readonly Rule[];
  /** The tables that were read: `filter`. */
  readonly tables: readonly string[];
}

export function parseIptables(text: string, program: Program): Loaded {
  const loaded = { chains: [] as BaseChain[], rules: [] as Rule[], tables: [] as string[] };
  for (const section of text.split(/^(?=\*)/m)) {
    const [, table] = /^\*(\S+)/.exec(section) ?? [];
    if (table === undefined) continue;
    const { chains, rules } = parseTable(section, { program, table });
    loaded.tables.push(table);
    loaded.chains.push(...chains);
    loaded.rules.push(...rules);
  }
  return loaded;
}

interface Table {
  readonly program: Program;
  readonly table: string;
}

interface Building extends Chain {
  readonly rules: Rule[];
}

function parseTable(section: string, { program, table }: Table): { chains: BaseChain[]; rules: Rule[] } {
  const chains = new Map<string, Building>();
  const bases: BaseChain[] = [];
  const family = program === "ip6tables" ? "ip6" : "ip";
  const chainOf = (name: string): Building => {
    const chain = chains.get(name) ?? { place: { program, family, table, chain: name }, rules: [] };
    chains.set(name, chain);
    return chain;
  };
  for (const [, name = "", policy] of section.matchAll(/^:(\S+) (\S+)/gm)) {
    const hook = HOOKS[name];
    // Translation at INPUT changes the source only.
    if (hook === undefined || (table === "nat" && hook !== "prerouting")) continue;
    const type = table === "nat" ? "nat" : "filter";
    const priority = PRIORITIES[table] ?? 0;
    bases.push({ hook, priority, type, policy: policy === "DROP" ? "drop" : "accept", chain: chainOf(name) });
  }
  for (const [line, name = ""] of section.matchAll(/^-[AI] (\S+).*$/gm)) {
    const chain = chainOf(name);
    chain.rules.push(parseRule(line, { chain, table, program, chainOf }));
  }
  return { chains: bases, rules: [...chains.values()].flatMap(({ rules }) => rules) };
}

interface Within extends Table {
  readonly chain: Building;
  readonly chainOf: (name: string) => Chain;
}

function parseRule(line: string, { chain, table, program, chainOf }: Within): Rule {
  const options = optionsOf(wordsOf(line)).slice(1);
  const jump = options.find(({ name }) => name === "-j" || name === "-g");
  return {
    place: chain.place,
    conditions: conditionsOf(options),
    action: actionOf(jump, options, chainOf),
    line,
    undo: `${program} -t ${table} -D ${deletable(line, chain)}`,
  };
}

/** The rule's own words; by its number where a shell would read them otherwise. */
function deletable(line: string, { place, rules }: Building): string {
  const words = line.replace(/^-[AI] /, "");
  return /[\\$`;&|<>(]/.test(words) ? `${place.chain} ${rules.length + 1}` : words;
}

const meanings = new WeakMap<Rule, string>();

/** What a rule says, however it is spelt: to compare a file with what is loaded. */
export function meaningOf(rule: Rule): string {
  const meaning = meanings.get(rule) ?? spelt(rule);
  meanings.set(rule, meaning);
  return meaning;
}

function spelt({ conditions, action }: Rule): string {
  const target = action.kind === "jump" || action.kind === "goto" ? action.target.place.chain : action;
  const said = conditions.flatMap((each) => (each.kind === "always" ? [] : [JSON.stringify(each)]));
  return `${said.sort().join()} ${JSON.stringify(target)}`;
}
