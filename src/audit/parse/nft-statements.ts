/** What a rule of nftables does, statement by statement: libnftables-json(5), "STATEMENTS". */
import { parseAddress } from "@ecluse/guard/address";
import { ALWAYS, type Action, type Chain, type Condition, NEVER } from "../wall/ruleset.ts";
import { type Json, type JsonObject, isObject, listOf, numberIn, textIn } from "./json.ts";

/** They change nothing of who gets in: what is counted, logged, remembered. */
const TELLING = new Set([
  "counter",
  "log",
  "set",
  "map",
  "meter",
  "last",
  "comment",
  "ct helper",
  "ct timeout",
  "ct expectation",
  "flow",
  "secmark",
  "synproxy",
]);

/** A statement is a condition, an action, or neither: `undefined`. */
export type Step = { readonly condition: Condition } | { readonly action: Action } | undefined;

export function stepOf(statement: JsonObject, chainOf: (name: string) => Chain): Step {
  const [name = "", value] = Object.entries(statement)[0] ?? [];
  if (TELLING.has(name)) return undefined;
  // nft leaves out the test that the answer implies: who is told by ICMPv6 came by IPv6.
  if (name === "reject" && isObject(value) && value["type"] === "icmpv6") return { condition: NEVER };
  const verdict = verdictOf(statement, chainOf);
  if (verdict !== undefined) return { action: verdict };
  if (name === "limit" || name === "quota" || name === "ct count") return { condition: rate(value) };
  if (name === "dnat") return { action: translation(value) };
  if (name === "redirect") return { action: { kind: "redirect", ...portIn(value) } };
  if (name === "notrack") return { action: { kind: "untrack" } };
  if (name === "mangle") return mangled(value);
  if (name === "snat" || name === "masquerade") return { action: { kind: "accept" } };
  if (name === "xt") return { condition: { kind: "unknown", text: JSON.stringify(statement) } };
  return { action: { kind: "unknown" } };
}

/** `{"accept": null}`, `{"jump": {"target": "x"}}`; `undefined`: it is none. */
export function verdictOf(statement: Json | undefined, chainOf: (name: string) => Chain): Action | undefined {
  if (!isObject(statement)) return undefined;
  const [name = "", value] = Object.entries(statement)[0] ?? [];
  if (name === "accept" || name === "drop" || name === "return" || name === "continue") return { kind: name };
  if (name === "reject") return { kind: "drop" };
  if ((name === "jump" || name === "goto") && isObject(value)) {
    return { kind: name, target: chainOf(textIn(value, "target") ?? "") };
  }
  return undefined;
}

/** Who comes alone stays below every rate and count; `over` tests for being above. */
function rate(value: Json | undefined): Condition {
  return isObject(value) && value["inv"] === true ? NEVER : ALWAYS;
}

/** `dnat to 172.18.0.2:8888`; of a range or a map it is not known where. */
export function translation(value: Json | undefined): Action {
  if (!isObject(value)) return { kind: "unknown" };
  const address = value["addr"];
  const destination = typeof address === "string" ? parseAddress(address) : undefined;
  if (address !== undefined && destination === undefined) return { kind: "unknown" };
  return { kind: "translate", ...(destination === undefined ? {} : { destination }), ...portIn(value) };
}

function portIn(value: Json | undefined): { readonly port?: number } {
  const port = isObject(value) ? numberIn(value, "port") : undefined;
  return port === undefined ? {} : { port };
}

/** Only the mark of the packet is followed; other fields nobody tests here. */
function mangled(value: Json | undefined): Step {
  if (!isObject(value) || !isObject(value["key"])) return { action: { kind: "unknown" } };
  const { meta, ct, payload } = value["key"];
  if (isObject(ct)) return undefined;
  if (isObject(payload))
    return listOf(["saddr", "daddr", "dport"]).includes(textIn(payload, "field") ?? "")
      ? { action: { kind: "unknown" } }
      : undefined;
  if (!isObject(meta) || meta["key"] !== "mark") return undefined;
  const mark = value["value"];
  return { action: typeof mark === "number" ? { kind: "mark", keep: 0, flip: mark } : { kind: "unknown" } };
}
