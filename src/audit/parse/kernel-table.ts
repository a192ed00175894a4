/** The kernel engine's own table, as `nft -j list ruleset` prints it: which public endpoint leads where, and which is open. */
import { type HostFacts, reading, textOf } from "../facts.ts";
import { type Json, type JsonObject, isObject, listOf, objectsIn, parseJson, textIn } from "./json.ts";

export interface KernelTable {
  /** What shows it. */
  readonly line: string;
  /** `198.51.100.10:10101` -> `172.17.1.10:8888`. */
  readonly targets: ReadonlyMap<string, string>;
  /** Endpoints where somebody may enter; the others of its targets refuse everyone. */
  readonly doors: ReadonlySet<string>;
}

/** `absent`: there is none. `unread`: the rules of nftables could not be read. */
export function kernelTableOf(facts: HostFacts): KernelTable | "absent" | "unread" {
  const read = reading(facts, "nftables");
  if (read === undefined || read.failed !== undefined) return "unread";
  const text = textOf(facts, "nftables");
  const [line] = /\{"table": *\{[^{}]*"family": *"ip", *"name": *"ecluse"[^{}]*\}/.exec(text) ?? [];
  if (line === undefined) return "absent";
  const parsed = parseJson(text);
  const objects = isObject(parsed) ? objectsIn(parsed["nftables"]) : [];
  return {
    line,
    targets: new Map(elementsOf(objects, "targets").map(([from, to]) => [endpointIn(from), endpointIn(to)])),
    doors: new Set(elementsOf(objects, "doors").map(([from]) => endpointIn(from))),
  };
}

function elementsOf(objects: readonly JsonObject[], name: string): readonly (readonly Json[])[] {
  const maps = objects.flatMap(({ map }) => (isObject(map) ? [map] : []));
  const found = maps.find(
    (map) => map["family"] === "ip" && textIn(map, "table") === "ecluse" && textIn(map, "name") === name,
  );
  return listOf(found?.["elem"]).map(listOf);
}

/** As it is written elsewhere; anything else than two words is no endpoint of ours, and equals none. */
function endpointIn(value: Json | undefined): string {
  const parts = isObject(value) ? listOf(value["concat"]) : [];
  return parts.map((part) => (typeof part === "object" ? "?" : String(part))).join(":");
}
