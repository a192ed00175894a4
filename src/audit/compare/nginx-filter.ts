/** Whom nginx lets in at a door, what in its configuration says so, and the command that lets in those of the inventory. */
import { formatNetwork } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { Evidence } from "../finding.ts";
import { type NginxPlace, type NginxServer, formatPlace, networksNamed } from "../parse/nginx.ts";
import type { Directive } from "../parse/nginx-directives.ts";
import { type AddressSet, addressesOf, isNobody, meet, networksIn, without } from "../wall/address-set.ts";
import { forSed, patternOf, sed } from "./nginx-listens.ts";

/** Those of them that let in anybody of the senders. */
export function placesFor(servers: readonly NginxServer[], senders: AddressSet): readonly NginxPlace[] {
  return servers.flatMap(({ places }) => places.filter(({ lets }) => meet(lets, senders)));
}

/** Where most requests are judged: by the server itself, or the location that takes all. */
export function mainPlaces(servers: readonly NginxServer[]): readonly NginxPlace[] {
  return servers.flatMap(
    ({ places }) => places.find(({ judge }) => judge.name === "server" || judge.words.at(-1) === "/") ?? [],
  );
}

export function evidenceIn(places: readonly NginxPlace[]): Evidence {
  const lines = places.map((place) => escapeControls(formatPlace(place)));
  return { source: "nginx -T", line: [...new Set(lines)].join("\n") };
}

/** The first rule that names a client decides: so those of the inventory, and nobody else, stand first. */
export function judgeIn(
  places: readonly NginxPlace[],
  { endpoint, allowed }: { readonly endpoint: Endpoint; readonly allowed: AddressSet },
): string {
  const named = networksIn(allowed).map((network) => `allow ${formatNetwork(network)};`);
  const rules = [...named, "deny all;"].join(" ").replaceAll("/", String.raw`\/`);
  const edits = places.flatMap((place) => [...tightened(place, allowed), judged(place, endpoint.port, rules)]);
  return [...new Set(edits), "nginx -t", "nginx -s reload"].join(" && ");
}

/** What lets in past the rules goes. */
function tightened({ looser }: NginxPlace, allowed: AddressSet): readonly string[] {
  return looser
    .filter((each) => each.name === "satisfy" || !isNobody(without(addressesOf(networksNamed(each)), allowed)))
    .map(({ name, words, file }) => sed(`s/${[name, ...words.map(forSed)].join("[[:space:]]+")};//`, file));
}

function judged({ judge, listens }: NginxPlace, port: number, rules: string): string {
  const after = (pattern: string, file: string): string => sed(String.raw`s/(${pattern})/\1 ${rules}/`, file);
  if (judge.name !== "server") return after(openingOf(judge), judge.file);
  const listen = listens.find(({ first, last }) => first <= port && port <= last)?.directive;
  return listen === undefined ? `write in that server: ${rules}` : after(patternOf(listen.words[0] ?? ""), listen.file);
}

/** What finds a block's first line in its file, for `sed -E`. */
function openingOf({ name, words }: Directive): string {
  return String.raw`${[name, ...words.map(forSed)].join("[[:space:]]+")}[[:space:]]*\{`;
}
