/** Elements of a named set of nftables: which of them hold a sender, and how they are written. */
import { type Ipv4, formatAddress, formatNetwork } from "@ecluse/guard/address";
import { type AddressSet, EVERYBODY, addressRange, intersection, isNobody, networksIn } from "./address-set.ts";
import type { Element, Field, Lookup, Part, Rule } from "./ruleset.ts";

/** Those that hold one of the senders and the port, and the senders that each holds. */
export function namedElements(
  { fields, elements }: Lookup,
  port: number,
  sources: AddressSet,
): readonly { readonly element: Element; readonly sources: AddressSet }[] {
  return elements.flatMap((element) => {
    const named = element[fields.indexOf("source")];
    const held = named !== undefined && "from" in named ? addressRange(named.from, named.to) : EVERYBODY;
    const isHere = isIn(port, element[fields.indexOf("port")]) && !isNobody(intersection(held, sources));
    return isHere ? [{ element, sources: held }] : [];
  });
}

/** A rule that lets in whom its set names: by accepting them, or by dropping all others. */
export interface Naming {
  readonly rule: Rule;
  readonly set: Lookup;
}

const namings = new WeakMap<readonly Rule[], readonly Naming[]>();

/** The sets among the rules that let one of the senders in at the port. */
export function setsNaming(rules: readonly Rule[], port: number, sources: AddressSet): readonly Naming[] {
  return namingSets(rules).filter(({ set }) => namedElements(set, port, sources).length > 0);
}

/** All of them; looked for once. */
export function namingSets(rules: readonly Rule[]): readonly Naming[] {
  const all = namings.get(rules) ?? rules.flatMap(namingOf);
  namings.set(rules, all);
  return all;
}

function namingOf(rule: Rule): readonly Naming[] {
  const isDrop = rule.action.kind === "drop";
  return rule.conditions.flatMap((each) =>
    each.kind === "lookup" && each.set !== undefined && each.fields.includes("source") && each.negated === isDrop
      ? [{ rule, set: each }]
      : [],
  );
}

/** `203.0.113.16/28 . 10101-10102`, as nft(8) reads it. */
export function formatElement(fields: readonly Field[], element: Element): string {
  return element.map((part, index) => formatPart(fields[index], part)).join(" . ");
}

function formatPart(field: Field | undefined, part: Part): string {
  if ("word" in part) return `"${part.word}"`;
  const isAddress = field === "source" || field?.endsWith("destination") === true;
  if (!isAddress) return part.from === part.to ? String(part.from) : `${part.from}-${part.to}`;
  const [network, another] = networksIn(addressRange(part.from, part.to));
  if (network !== undefined && another === undefined) return formatNetwork(network);
  return `${formatAddress(part.from as Ipv4)}-${formatAddress(part.to as Ipv4)}`;
}

function isIn(port: number, part: Part | undefined): boolean {
  return part === undefined || ("from" in part && part.from <= port && port <= part.to);
}
