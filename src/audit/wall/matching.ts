/**
 * Which senders of a packet meet a condition: those that may, and those that may not. Where the condition is not known,
 * everybody is in both.
 */
import {
  type AddressSet,
  EVERYBODY,
  NOBODY,
  addressRange,
  complement,
  intersection,
  union,
  unionOf,
} from "./address-set.ts";
import { type Packet, type Surroundings, valuesOf } from "./packet.ts";
import type { Condition, Element, Lookup, Part, Rule } from "./ruleset.ts";

export interface Matching {
  readonly may: AddressSet;
  readonly mayNot: AddressSet;
}

const ALL: Matching = { may: EVERYBODY, mayNot: NOBODY };
const NONE: Matching = { may: NOBODY, mayNot: EVERYBODY };
const EITHER: Matching = { may: EVERYBODY, mayNot: EVERYBODY };

/** Of the senders given, those whose packet may meet all of a rule's conditions, and those whose may miss one. */
export function matchRule(rule: Rule, packet: Packet, sources: AddressSet, around: Surroundings): Matching {
  let may = sources;
  let mayNot = NOBODY;
  for (const condition of rule.conditions) {
    const matching = matchCondition(condition, packet, around);
    mayNot = union(mayNot, intersection(may, matching.mayNot));
    may = intersection(may, matching.may);
    if (may.bounds.length === 0) break;
  }
  return { may, mayNot };
}

export function matchCondition(condition: Condition, packet: Packet, around: Surroundings): Matching {
  switch (condition.kind) {
    case "always":
      return ALL;
    case "never":
      return NONE;
    case "unknown":
      return EITHER;
    case "mark":
      return ((packet.mark & condition.mask) >>> 0 === condition.value) !== condition.negated ? ALL : NONE;
    case "lookup": {
      const { may, mayNot } = matchLookup(condition, packet, around);
      return condition.negated ? { may: mayNot, mayNot: may } : { may, mayNot };
    }
  }
}

function matchLookup(lookup: Lookup, packet: Packet, around: Surroundings): Matching {
  if (lookup.fields.length === 1 && lookup.fields[0] === "source") return sourcesOnly(lookup);
  const sure: AddressSet[] = [];
  const unsure: AddressSet[] = [];
  for (const element of elementsAt(lookup, packet.port)) {
    const fit = fitOf(element, lookup, packet, around);
    if (fit !== false) (fit === true ? sure : unsure).push(sourcesOf(element, lookup));
  }
  const matching = unionOf(sure);
  return { may: unionOf([matching, ...unsure]), mayNot: complement(matching) };
}

/** Whether the packet, whoever sends it, fits an element; `undefined`: not known. */
function fitOf(element: Element, { fields }: Lookup, packet: Packet, around: Surroundings): boolean | undefined {
  let fit: boolean | undefined = true;
  for (const [index, field] of fields.entries()) {
    const part = element[index];
    if (field === "source" || part === undefined) continue;
    const values = valuesOf(field, packet, around);
    if (values === undefined) fit = undefined;
    else if (!values.some((value) => isIn(value, part))) return false;
  }
  return fit;
}

function isIn(value: number | string, part: Part): boolean {
  if ("from" in part) return typeof value === "number" && part.from <= value && value <= part.to;
  return part.word.endsWith("*") ? String(value).startsWith(part.word.slice(0, -1)) : value === part.word;
}

/** The senders that an element names: everybody where it has no field for them. */
function sourcesOf(element: Element, { fields }: Lookup): AddressSet {
  const part = element[fields.indexOf("source")];
  return part !== undefined && "from" in part ? addressRange(part.from, part.to) : EVERYBODY;
}

const sourceSets = new WeakMap<Lookup, Matching>();

/** A list of 100,000 networks is made a set once, not once per door. */
function sourcesOnly(lookup: Lookup): Matching {
  const before = sourceSets.get(lookup);
  if (before !== undefined) return before;
  const may = unionOf(lookup.elements.map((element) => sourcesOf(element, lookup)));
  const matching = { may, mayNot: complement(may) };
  sourceSets.set(lookup, matching);
  return matching;
}

interface ByPort {
  readonly named: ReadonlyMap<number, readonly Element[]>;
  /** Those that name no port, or too many. */
  readonly others: readonly Element[];
}

/** More ports in one element than this, and it stands among the others: a depot has 99, the plan 7,128. */
const MANY = 1_000;

const elementsByPort = new WeakMap<Lookup, ByPort>();

/** Those that can hold a packet to the port: a set of 7,128 doors and their sources is not read whole for each. */
function elementsAt(lookup: Lookup, port: number): readonly Element[] {
  const at = lookup.fields.indexOf("port");
  if (at < 0 || lookup.elements.length < 8) return lookup.elements;
  const { named, others } = elementsByPort.get(lookup) ?? indexed(lookup, at);
  const here = named.get(port) ?? [];
  return others.length === 0 ? here : [...here, ...others];
}

function indexed(lookup: Lookup, at: number): ByPort {
  const named = new Map<number, Element[]>();
  const others: Element[] = [];
  for (const element of lookup.elements) {
    const part = element[at];
    if (part === undefined || !("from" in part) || part.to - part.from >= MANY) {
      others.push(element);
      continue;
    }
    for (let port = part.from; port <= part.to; port += 1) {
      const list = named.get(port);
      if (list === undefined) named.set(port, [element]);
      else list.push(element);
    }
  }
  const index = { named, others };
  elementsByPort.set(lookup, index);
  return index;
}
