/**
 * Rules as `nft -j list ruleset` prints them: libnftables-json(5).
 *
 * The tables of iptables-nft stand there, too, but their own matches are named without what they test: they are read from
 * iptables-save, and left out here.
 */
import { type BaseChain, type Chain, type Condition, type Element, type Hook, type Rule } from "../wall/ruleset.ts";
import type { Loaded } from "./iptables.ts";
import { type Json, type JsonObject, isObject, listOf, numberIn, objectsIn, parseJson, textIn } from "./json.ts";
import { type NamedSets, lookupOf, matchOf } from "./nft-matches.ts";
import { stepOf, translation, verdictOf } from "./nft-statements.ts";
import { elementOf, elementsIn } from "./nft-values.ts";

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: "prerouting",
  input: "input",
  forward: "forward",
  ingress: "prerouting",
};

/** Families whose chains meet packets of IPv4; those of IPv6 are read for what they open. */
const FAMILIES = new Set(["ip", "inet", "netdev"]);

/** Before everything on the hook of prerouting. */
const INGRESS = -1_000_000;

export interface NftRules extends Loaded {
  /** Rules of `inet` and `ip6` tables that test IPv6. */
  readonly ipv6: readonly Rule[];
}

/** `elsewhere`: the tables that iptables-nft holds, as `ip filter`. */
export function parseNftables(text: string, elsewhere: readonly string[] = []): NftRules {
  const parsed = parseJson(text);
  const objects = isObject(parsed) ? objectsIn(parsed["nftables"]) : [];
  const isRead = ({ family, table }: JsonObject): boolean => !elsewhere.includes(`${nameOf(family)} ${nameOf(table)}`);
  const isIpv4 = (object: JsonObject): boolean => FAMILIES.has(nameOf(object["family"])) && isRead(object);
  const tables = new Tables(objects);
  const rules = ofKind(objects, "rule").filter(isIpv4);
  for (const rule of rules) tables.add(rule);
  const chains = ofKind(objects, "chain")
    .filter(isIpv4)
    .flatMap((chain) => tables.base(chain) ?? []);
  const all = [...new Set(rules.map((rule) => tables.chain(rule)))].flatMap((chain) => chain.rules);
  return {
    chains,
    rules: all,
    tables: [],
    ipv6: ofKind(objects, "rule")
      .filter((rule) => isRead(rule) && isIpv6(rule))
      .map((rule) => tables.read(overIpv6(rule))),
  };
}

function ofKind(objects: readonly JsonObject[], kind: string): readonly JsonObject[] {
  return objects.flatMap((object) => (isObject(object[kind]) ? [object[kind]] : []));
}

interface Building extends Chain {
  readonly rules: Rule[];
}

/** The chains and sets of all tables, by family, table and name. */
class Tables {
  readonly #chains = new Map<string, Building>();
  readonly #sets = new Map<string, Json | undefined>();
  readonly #elements = new Map<string, readonly Element[] | undefined>();

  constructor(objects: readonly JsonObject[]) {
    for (const set of [...ofKind(objects, "set"), ...ofKind(objects, "map")]) {
      this.#sets.set(keyOf(set, textIn(set, "name") ?? ""), set["elem"] ?? []);
    }
  }

  base(object: JsonObject): BaseChain | undefined {
    const hook = HOOKS[textIn(object, "hook") ?? ""];
    const type = textIn(object, "type");
    if (hook === undefined || type === undefined || (type === "nat" && hook !== "prerouting")) return undefined;
    const priority = object["hook"] === "ingress" ? INGRESS : (numberIn(object, "prio") ?? 0);
    const policy = object["policy"] === "drop" ? "drop" : "accept";
    const chain = this.chain({ ...object, chain: object["name"] });
    return { hook, priority, type: type === "nat" ? "nat" : "filter", policy, chain };
  }

  chain(object: JsonObject): Building {
    const { family, table, chain } = object;
    const key = keyOf(object, nameOf(chain));
    const place = { program: "nft", family: nameOf(family), table: nameOf(table), chain: nameOf(chain) } as const;
    const building = this.#chains.get(key) ?? { place, rules: [] };
    this.#chains.set(key, building);
    return building;
  }

  add(object: JsonObject): void {
    this.chain(object).rules.push(...this.#rules(object));
  }

  /** As one rule, whatever it does. */
  read(object: JsonObject): Rule {
    const [first] = this.#rules(object);
    return first ?? this.#rule(object, [], { kind: "continue" });
  }

  /** One rule; one for each element of a verdict map in it. */
  #rules(object: JsonObject): readonly Rule[] {
    const chainOf = (chain: string): Chain => this.chain({ ...object, chain });
    const conditions = [...onDevice(object)];
    const rules: Rule[] = [];
    for (const statement of objectsIn(object["expr"])) {
      const { match, vmap } = statement;
      if (isObject(match)) conditions.push(matchOf(match, this.#setsOf(object)));
      else if (isObject(vmap))
        rules.push(...this.#mapped(object, conditions, { map: vmap, verdict: (value) => verdictOf(value, chainOf) }));
      else if (isObject(statement["dnat"]) && isMapped(statement["dnat"]))
        rules.push(...this.#translated(object, conditions, statement["dnat"]));
      else {
        const step = stepOf(statement, chainOf);
        if (step === undefined) continue;
        if ("condition" in step) conditions.push(step.condition);
        else rules.push(this.#rule(object, [...conditions], step.action));
      }
    }
    return rules;
  }

  #rule(object: JsonObject, conditions: readonly Condition[], action: Rule["action"]): Rule {
    const { place } = this.chain(object);
    const undo = `nft delete rule ${place.family} ${place.table} ${place.chain} handle ${numberIn(object, "handle") ?? 0}`;
    return { place, conditions, action, line: JSON.stringify(object), undo };
  }

  #mapped(
    object: JsonObject,
    conditions: readonly Condition[],
    {
      map,
      verdict,
    }: { readonly map: JsonObject; readonly verdict: (value: Json | undefined) => Rule["action"] | undefined },
  ): readonly Rule[] {
    return this.#pairs(object, map["data"]).map(([key, value]) => {
      const element = elementOf(key ?? null);
      const condition = element === undefined ? undefined : lookupOf(map["key"], [element]);
      const test: Condition = condition ?? { kind: "unknown", text: JSON.stringify(key) };
      return this.#rule(object, [...conditions, test], verdict(value) ?? { kind: "unknown" });
    });
  }

  /** `dnat to tcp dport map { 10101 : 172.18.0.2 . 8888 }` */
  #translated(object: JsonObject, conditions: readonly Condition[], dnat: JsonObject): readonly Rule[] {
    const { map } = dnat["addr"] as JsonObject;
    if (!isObject(map)) return [];
    const verdict = (value: Json | undefined): Rule["action"] => {
      const [addr, port] = isObject(value) && value["concat"] !== undefined ? listOf(value["concat"]) : [value];
      return translation({ addr, port: port ?? dnat["port"] });
    };
    return this.#mapped(object, conditions, { map, verdict });
  }

  #pairs(object: JsonObject, data: Json | undefined): readonly (readonly Json[])[] {
    const named = typeof data === "string" ? this.#sets.get(keyOf(object, data.slice(1))) : undefined;
    return listOf(named ?? (isObject(data) ? data["set"] : undefined)).map(listOf);
  }

  #setsOf(object: JsonObject): NamedSets {
    return (name) => {
      const key = keyOf(object, name);
      if (!this.#elements.has(key))
        this.#elements.set(key, this.#sets.has(key) ? elementsIn(this.#sets.get(key)) : undefined);
      return this.#elements.get(key);
    };
  }
}

function keyOf({ family, table }: JsonObject, name: string): string {
  return `${nameOf(family)} ${nameOf(table)} ${name}`;
}

function nameOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** nft 1.0.6 prints the chains of netdev without their device: whether a packet meets them is not known. */
function onDevice({ family }: JsonObject): readonly Condition[] {
  return family === "netdev" ? [{ kind: "unknown", text: "the device of a netdev chain" }] : [];
}

function isMapped({ addr }: JsonObject): boolean {
  return isObject(addr) && isObject(addr["map"]);
}

/** The rule, for a packet of IPv6: what says that it is one holds. */
function overIpv6(rule: JsonObject): JsonObject {
  const statements = listOf(rule["expr"]).filter(
    (each) => !/"protocol":"ip6"|"right":"ipv6"/.test(JSON.stringify(each)),
  );
  return { ...rule, expr: statements };
}

function isIpv6(rule: JsonObject): boolean {
  const text = JSON.stringify(rule["expr"] ?? null);
  return rule["family"] === "ip6" || (rule["family"] === "inet" && /"protocol":"ip6"|"right":"ipv6"/.test(text));
}
