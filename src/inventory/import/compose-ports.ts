/**
 * Port mappings of a compose file: `"10101:8888"`, `198.51.100.10:10101:8888/tcp`, and the long form
 * `{ target, published, protocol, host_ip }` (compose-spec, 05-services.md, "ports").
 */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import { DEPOTS, TERMINALS } from "../numbering.ts";
import { quote } from "../quote.ts";
import type { Leaf, Spot, Tree } from "../tree.ts";
import { formatSpans, parseSpan, type Span } from "./draft.ts";

/** One public port and the container's port behind it. */
export interface Published {
  readonly at: Spot;
  /** Absent: every address of the host. */
  readonly host?: Ipv4;
  readonly port: number;
  readonly container: number;
}

/** Why something that is published cannot be taken over. */
export interface Unmapped {
  readonly at: Spot;
  readonly message: string;
  readonly hint: string;
}

/** Depots times terminals. */
const MOST_IN_RANGE = DEPOTS * TERMINALS;

type Result = readonly Published[] | Unmapped;

/** Reads one item of `ports:`. */
export function readPorts(item: Tree): Result {
  if (item.kind === "leaf") return fromText(item.at, textOf(item));
  if (item.kind === "list") return unmapped(item.at, "a list where a port mapping was expected", "write PUBLIC:PORT");
  const field = (key: string): string => {
    const value = item.entries.get(key)?.value;
    return value?.kind === "leaf" ? textOf(value) : "";
  };
  const protocol = field("protocol") === "" ? "tcp" : field("protocol");
  return pair(item.at, {
    host: field("host_ip"),
    published: field("published"),
    container: field("target"),
    protocol,
  });
}

/**
 * `22:22` without quotes is the number 1342 to a YAML 1.1 reader: sixties, as in hours and minutes
 * (yaml.org/type/int.html). Returns that number, or `undefined` where nobody would be misled.
 */
export function sexagesimalOf(item: Tree): number | undefined {
  if (item.kind !== "leaf" || !/^[1-9]\d*(?::[0-5]?\d)+$/.test(item.text)) return undefined;
  const isPlain = /\d/.test(item.at.file.text.charAt(item.at.offset));
  return isPlain ? item.text.split(":").reduce((sum, digits) => sum * 60 + Number(digits), 0) : undefined;
}

/** As written, so that nothing is lost to a number's own spelling. */
export function textOf({ value, text }: Leaf): string {
  return (typeof value === "string" ? value : text).trim();
}

interface Parts {
  readonly host: string;
  readonly published: string;
  readonly container: string;
  readonly protocol: string;
}

function fromText(at: Spot, text: string): Result {
  const [mapping = "", protocol = "tcp"] = text.split("/");
  const bracketed = /^(\[[^\]]*\]):(.*)$/.exec(mapping);
  const parts = bracketed === null ? mapping.split(":") : [bracketed[1] ?? "", ...(bracketed[2] ?? "").split(":")];
  const [container = "", published = "", host = "", ...more] = parts.toReversed();
  if (more.length > 0) return notAMapping(at, text);
  return pair(at, { host, published, container, protocol });
}

function pair(at: Spot, { host, published, container, protocol }: Parts): Result {
  const inside = parseSpan(container);
  if (inside === undefined) return notAMapping(at, container);
  if (published === "") {
    const message = `the container's port ${formatSpans([inside])} is published on a port that Docker chooses`;
    return unmapped(at, message, "write the public port, or leave it out");
  }
  const outside = parseSpan(published);
  if (outside === undefined) return notAMapping(at, published);
  if (protocol.toLowerCase() !== "tcp") {
    const message = `${formatSpans([outside])} is published for ${quote(protocol)}, which Ecluse does not carry`;
    return unmapped(at, message, "let another program carry it");
  }
  const address = hostOf(host);
  if (address === "none") {
    const message = `${formatSpans([outside])} is published on ${quote(host)}, which is not an IPv4 address`;
    return unmapped(at, message, "Ecluse listens on IPv4 only: publish it on an IPv4 address");
  }
  return paired(at, { host: address, outside, inside });
}

function paired(
  at: Spot,
  { host, outside, inside }: { readonly host: Ipv4 | undefined; readonly outside: Span; readonly inside: Span },
): Result {
  const length = outside.last - outside.first;
  if (length !== inside.last - inside.first) {
    // Docker takes one free port of such a range; which one is not written anywhere.
    const message = `${formatSpans([outside])} to ${formatSpans([inside])} means one of these ports, whichever is free`;
    return unmapped(at, message, "write the one port that is used");
  }
  if (length >= MOST_IN_RANGE) {
    const message = `${formatSpans([outside])} publishes more ports than the plan has`;
    return unmapped(at, message, "publish the ports that are used");
  }
  return Array.from({ length: length + 1 }, (_, index) => ({
    at,
    ...(host === undefined ? {} : { host }),
    port: outside.first + index,
    container: inside.first + index,
  }));
}

/** `undefined`: every address. */
function hostOf(text: string): Ipv4 | undefined | "none" {
  if (text === "") return undefined;
  const address = parseAddress(text);
  return address === 0 ? undefined : (address ?? "none");
}

function notAMapping(at: Spot, text: string): Unmapped {
  return unmapped(at, `${quote(text)} is not a port mapping`, 'write PUBLIC:PORT in quotes: "10101:8888"');
}

function unmapped(at: Spot, message: string, hint: string): Unmapped {
  return { at, message, hint };
}
