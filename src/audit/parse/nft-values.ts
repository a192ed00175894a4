/** The right side of a test in nftables: values, prefixes, ranges, sets (libnftables-json(5), "EXPRESSIONS"). */
import { type Network, lastAddress, parseAddress } from "@ecluse/guard/address";
import type { Element, Part } from "../wall/ruleset.ts";
import { type Json, isObject, listOf } from "./json.ts";

/** Each element has as many parts as its set has fields; `undefined`: one could not be read. */
export function elementsIn(value: Json | undefined): readonly Element[] | undefined {
  const elements = valuesIn(value).map(elementOf);
  return elements.every((each) => each !== undefined) ? elements : undefined;
}

/** The elements of a set, or one value. */
export function valuesIn(value: Json | undefined): readonly Json[] {
  if (isObject(value) && value["set"] !== undefined) return listed(value["set"]);
  return value === undefined ? [] : listed(value);
}

/** One element of a set is written without a list. */
function listed(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

export function elementOf(value: Json): Element | undefined {
  if (isObject(value) && isObject(value["elem"])) return elementOf(value["elem"]["val"] ?? null);
  const concat = isObject(value) ? listOf(value["concat"]) : [];
  const parts = (concat.length > 0 ? concat : [value]).map(partOf);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(value: Json): Part | undefined {
  if (typeof value === "number") return { from: value, to: value };
  if (typeof value === "string") return ofText(value);
  if (!isObject(value)) return undefined;
  if (isObject(value["prefix"])) return ofPrefix(value["prefix"]["addr"], value["prefix"]["len"]);
  const [first, last] = listOf(value["range"]).map(partOf);
  if (first === undefined || last === undefined || !("from" in first) || !("to" in last)) return undefined;
  return { from: first.from, to: last.to };
}

/** An address, or a word: an interface, a state, a service's name is always printed as its number. */
function ofText(text: string): Part {
  const address = parseAddress(text);
  if (address !== undefined) return { from: address, to: address };
  return text === "*" ? { from: 0, to: 0xffffffff } : { word: text };
}

function ofPrefix(text: Json | undefined, prefix: Json | undefined): Part | undefined {
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  if (address === undefined || typeof prefix !== "number") return undefined;
  const network: Network = { address, prefix };
  return { from: address, to: lastAddress(network) };
}
