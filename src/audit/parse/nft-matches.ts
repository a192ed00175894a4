/** What a rule of nftables tests: libnftables-json(5) and nft(8), for the first packet of a TCP connection over IPv4. */
import { type Condition, type Element, type Field, type Lookup, known, opposite } from "../wall/ruleset.ts";
import { type Json, type JsonObject, isObject, listOf, textIn } from "./json.ts";
import { elementsIn } from "./nft-values.ts";

/** The elements of a table's set or map, by name; `undefined`: it is not known. */
export type NamedSets = (name: string) => readonly Element[] | undefined;

/** A test of one value whose answer is known when it is read, or a field of the packet. */
type Left = { readonly field: Field } | { readonly value: string } | undefined;

const PAYLOADS: Readonly<Record<string, Left>> = {
  "ip saddr": { field: "source" },
  "ip daddr": { field: "destination" },
  "ip protocol": { value: "tcp" },
  "ip version": { value: "4" },
  "tcp dport": { field: "port" },
  "th dport": { field: "port" },
};

const META: Readonly<Record<string, Left>> = {
  iifname: { field: "into" },
  iif: { field: "into" },
  oifname: { field: "out" },
  oif: { field: "out" },
  l4proto: { value: "tcp" },
  nfproto: { value: "ipv4" },
  protocol: { value: "ip" },
  // nft prints `unicast` as `host`.
  pkttype: { value: "host" },
};

const CONNTRACK: Readonly<Record<string, Left>> = {
  state: { field: "state" },
  status: { field: "status" },
  "ip daddr": { field: "original-destination" },
  "ip saddr": { field: "source" },
  "proto-dst": { field: "original-port" },
  protocol: { value: "tcp" },
  l3proto: { value: "ipv4" },
  direction: { value: "original" },
};

/** Protocols that the packet is not: whatever is tested of them, it fails. */
const ABSENT = /^(?:ip6|udp|udplite|icmp|icmpv6|igmp|sctp|dccp|ah|esp|arp|vlan)$/;

export function matchOf(match: JsonObject, sets: NamedSets): Condition {
  const { left, right } = match;
  const negated = match["op"] === "!=";
  const condition = conditionOf(left, right, { sets, op: textIn(match, "op") ?? "==" });
  return negated ? opposite(condition) : condition;
}

interface Reading {
  readonly sets: NamedSets;
  readonly op: string;
}

function conditionOf(left: Json | undefined, right: Json | undefined, reading: Reading): Condition {
  const unknown: Condition = { kind: "unknown", text: JSON.stringify({ left, right }) };
  if (isAbsent(left)) return known(reading.op === "!=");
  if (isFlags(left)) return flagsOf(left, right, reading.op) ?? unknown;
  if (isMark(left)) return markOf(left, right) ?? unknown;
  if (isWayBack(left)) return known(right === true);
  if (!["==", "!=", "in"].includes(reading.op)) return unknown;
  const elements =
    typeof right === "string" && right.startsWith("@") ? reading.sets(right.slice(1)) : elementsIn(right);
  return (elements === undefined ? undefined : lookupOf(left, elements, nameIn(right))) ?? unknown;
}

/** A lookup of fields in elements; what is known already is worked out. */
export function lookupOf(left: Json | undefined, elements: readonly Element[], set?: string): Condition | undefined {
  const lefts = isObject(left) && left["concat"] !== undefined ? listOf(left["concat"]).map(leftOf) : [leftOf(left)];
  if (lefts.some((each) => each === undefined)) return undefined;
  const fitting = elements.filter((element) => lefts.every((each, i) => isField(each) || says(element, i, each)));
  const kept = lefts.flatMap((each, i) => (isField(each) ? [i] : []));
  if (kept.length === 0) return known(fitting.length > 0);
  const fields = lefts.flatMap((each) => (isField(each) ? [each.field] : []));
  const lookup: Lookup = {
    kind: "lookup",
    fields,
    elements: fitting.map((element) => kept.flatMap((i) => element[i] ?? [])),
    negated: false,
  };
  return set === undefined ? lookup : { ...lookup, set };
}

function isField(left: Left): left is { readonly field: Field } {
  return left !== undefined && "field" in left;
}

/** tcp is 6; of every other number, only a range says it. */
function says(element: Element, index: number, left: Left): boolean {
  const part = element[index];
  if (part === undefined || left === undefined || !("value" in left)) return false;
  if ("word" in part) return part.word === left.value;
  return left.value === "tcp" && part.from <= 6 && 6 <= part.to;
}

function leftOf(left: Json | undefined): Left {
  if (!isObject(left)) return undefined;
  const { payload, meta, ct, fib } = left;
  if (isObject(payload)) return PAYLOADS[`${textIn(payload, "protocol") ?? ""} ${textIn(payload, "field") ?? ""}`];
  if (isObject(meta)) return META[textIn(meta, "key") ?? ""];
  if (isObject(ct)) return CONNTRACK[textIn(ct, "key") ?? ""];
  const ofDestination = isObject(fib) && fib["result"] === "type" && listOf(fib["flags"]).includes("daddr");
  return ofDestination ? { field: "kind" } : undefined;
}

function isAbsent(left: Json | undefined): boolean {
  if (!isObject(left)) return false;
  const parts = left["concat"] === undefined ? [left] : listOf(left["concat"]).filter(isObject);
  return parts.some(({ payload, ct }) => {
    const name = isObject(payload) ? textIn(payload, "protocol") : isObject(ct) ? textIn(ct, "key") : undefined;
    return ABSENT.test(name?.split(" ")[0] ?? "");
  });
}

/** `fib saddr . iif oif`: a packet that came by the way that leads back has one. */
function isWayBack(left: Json | undefined): boolean {
  const fib = isObject(left) ? left["fib"] : undefined;
  return isObject(fib) && fib["result"] === "oif" && listOf(fib["flags"]).includes("saddr");
}

/** `tcp flags`, masked or not. */
function isFlags(left: Json | undefined): left is JsonObject {
  const [inner] = masked(left);
  const payload = isObject(inner) ? inner["payload"] : undefined;
  return isObject(payload) && payload["protocol"] === "tcp" && payload["field"] === "flags";
}

/** The packet has SYN and no other. */
function flagsOf(left: JsonObject, right: Json | undefined, op: string): Condition | undefined {
  const wanted = flagNames(right);
  const [, mask] = masked(left);
  if (wanted === undefined) return undefined;
  if (op === "in") return known(wanted.includes("syn"));
  const looked = mask === undefined ? ["syn"] : flagNames(mask);
  if (looked === undefined) return undefined;
  const seen = looked.includes("syn") ? ["syn"] : [];
  return known(wanted.length === seen.length && wanted.every((flag) => seen.includes(flag)));
}

function flagNames(value: Json | undefined): readonly string[] | undefined {
  if (value === 0) return [];
  if (typeof value === "string") return [value];
  if (isObject(value) && value["|"] !== undefined) return flagNames(value["|"]);
  const names = listOf(value).filter((each) => typeof each === "string");
  return names.length > 0 ? names : undefined;
}

function isMark(left: Json | undefined): boolean {
  const [inner] = masked(left);
  const meta = isObject(inner) ? inner["meta"] : undefined;
  return isObject(meta) && meta["key"] === "mark";
}

function markOf(left: Json | undefined, right: Json | undefined): Condition | undefined {
  const [, mask = 0xffffffff] = masked(left);
  if (typeof right !== "number" || typeof mask !== "number") return undefined;
  return { kind: "mark", mask, value: right, negated: false };
}

/** `a & b`: the two; else the one. */
function masked(left: Json | undefined): readonly [Json | undefined, Json?] {
  const pair = isObject(left) ? listOf(left["&"]) : [];
  const [inner, mask] = pair;
  return inner === undefined || mask === undefined ? [left] : [inner, mask];
}

function nameIn(right: Json | undefined): string | undefined {
  return typeof right === "string" && right.startsWith("@") ? right.slice(1) : undefined;
}
