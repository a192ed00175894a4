/**
 * Selectors: how people name a flow, or several, on the command line and in exceptions.
 *
 * `depot22-tpe01`, `depot22-tpe1`, `depot22`, `Dépôt 22 / TPE 01`, `22/1`, a public port `12201`, a target's address
 * `172.17.22.10` or `172.17.22.10:8888`, `service/api-faucet`, `flow/opi-callback`, their bare names, and globs with `*` and
 * `?` over ids and bare names. Case and accents do not matter. Pure; what to say of a selector that matches nothing is the caller's.
 */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "./model.ts";
import { editDistance, fold } from "./nearest.ts";
import { inPlan, terminalId } from "./numbering.ts";

export type Selector =
  | { readonly kind: "depot"; readonly depot: number }
  | { readonly kind: "terminal"; readonly depot: number; readonly terminal: number }
  | { readonly kind: "port"; readonly port: number }
  | { readonly kind: "address"; readonly address: Ipv4 }
  | { readonly kind: "endpoint"; readonly address: Ipv4; readonly port: number }
  /** Folded: lower case, no accents. */
  | { readonly kind: "glob"; readonly pattern: string }
  | { readonly kind: "name"; readonly name: string };

/** What a selector needs to know of a flow. */
export interface Selectable {
  readonly id: string;
  readonly endpoints: readonly Endpoint[];
  readonly target?: Endpoint;
}

const LONGEST = 120;

/** Reads a selector; `undefined`: the text can name no flow (empty, too long, depot 73, port 70000). */
export function parseSelector(text: string): Selector | undefined {
  const folded = fold(text).trim().replace(/\s+/g, " ");
  if (folded === "" || text.length > LONGEST || /\p{C}/u.test(folded)) return undefined;
  if (/[*?]/.test(folded)) return { kind: "glob", pattern: folded };
  if (/^\d+$/.test(folded)) return portSelector(Number(folded));
  if (/^[\d.]+(?::\d+)?$/.test(folded) && folded.includes(".")) return addressSelector(folded);
  return placeSelector(folded) ?? (looksLikePlace(folded) ? undefined : { kind: "name", name: folded });
}

/** Whether the selector names this flow. */
export function selects(selector: Selector, flow: Selectable): boolean {
  switch (selector.kind) {
    case "depot":
      return flow.id.startsWith(terminalId({ depot: selector.depot, terminal: 0 }).slice(0, -2));
    case "terminal":
      return flow.id === terminalId(selector);
    case "port":
      return flow.endpoints.some(({ port }) => port === selector.port);
    case "address":
      return leadsTo(flow).some(({ address }) => address === selector.address);
    case "endpoint":
      return [...flow.endpoints, ...leadsTo(flow)].some(
        ({ address, port }) => address === selector.address && port === selector.port,
      );
    case "glob":
      return namesOf(flow).some((name) => globMatches(selector.pattern, name));
    case "name":
      return namesOf(flow).includes(selector.name);
  }
}

/** The ids nearest to a selector that matched nothing, best first: for a hint. */
export function nearestIds(text: string, ids: readonly string[], most = 3): readonly string[] {
  const wanted = fold(text).slice(0, LONGEST);
  const distanceOf = (id: string): number =>
    Math.min(editDistance(wanted, fold(id)), editDistance(wanted, fold(id.slice(id.indexOf("/") + 1))));
  const ranked = ids.map((id) => ({ id, distance: distanceOf(id) })).toSorted((a, b) => a.distance - b.distance);
  return ranked.slice(0, most).map(({ id }) => id);
}

/** Where a flow leads: its target, or the service's own endpoint. */
function leadsTo(flow: Selectable): readonly Endpoint[] {
  return flow.target === undefined ? flow.endpoints : [flow.target];
}

/** The id, and without its `service/` or `flow/`. */
function namesOf({ id }: Selectable): readonly string[] {
  const folded = fold(id);
  const slash = folded.indexOf("/");
  return slash < 0 ? [folded] : [folded, folded.slice(slash + 1)];
}

function portSelector(port: number): Selector | undefined {
  return port >= 1 && port <= 65_535 ? { kind: "port", port } : undefined;
}

function addressSelector(text: string): Selector | undefined {
  const [host = "", digits] = text.split(":");
  const address = parseAddress(host);
  if (address === undefined) return undefined;
  if (digits === undefined) return { kind: "address", address };
  return portSelector(Number(digits)) && { kind: "endpoint", address, port: Number(digits) };
}

const TERMINAL = /^(?:depot[ _-]?)?0*(\d{1,2}) ?[/] ?(?:(?:tpe|terminal)[ _-]?)?0*(\d{1,2})$/;
const SPELT = /^depot[ _-]?0*(\d{1,2})(?: ?[/ ,_-]? ?)(?:tpe|terminal)[ _-]?0*(\d{1,2})$/;
const DEPOT = /^depot[ _-]?0*(\d{1,2})$/;

function placeSelector(folded: string): Selector | undefined {
  const [, depot, terminal] = TERMINAL.exec(folded) ?? SPELT.exec(folded) ?? DEPOT.exec(folded) ?? [];
  if (depot === undefined) return undefined;
  const position = { depot: Number(depot), terminal: Number(terminal ?? 1) };
  if (!inPlan(position)) return undefined;
  return terminal === undefined ? { kind: "depot", depot: position.depot } : { kind: "terminal", ...position };
}

/** `depot73` names no flow of the plan; taking it for a bare name would only hide that. */
function looksLikePlace(folded: string): boolean {
  return TERMINAL.test(folded) || SPELT.test(folded) || DEPOT.test(folded);
}

/** `*` any text, `?` one character. Goes back to the last star only, so no pattern takes more than length times length. */
function globMatches(pattern: string, text: string): boolean {
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[from] === "*") {
      star = from;
      mark = at;
      from += 1;
    } else if (from < pattern.length && (pattern[from] === "?" || pattern[from] === text[at])) {
      from += 1;
      at += 1;
    } else if (star >= 0) {
      from = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(from));
}
