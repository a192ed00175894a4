/**
 * nginx as `nginx -T` tells it: its servers, where each listens, and whom each of its places lets in.
 *
 * http://nginx.org/en/docs/http/ngx_http_access_module.html: rules are asked in their order, the first that names the
 * client decides, and a place with rules of its own inherits none.
 */
import { dirname, resolve } from "node:path/posix";
import { type Ipv4, type Network, parseAddress, parseNetwork } from "@ecluse/guard/address";
import { type HostFacts, reading } from "../facts.ts";
import {
  type AddressSet,
  EVERYBODY,
  NOBODY,
  addressesOf,
  intersection,
  union,
  unionOf,
  without,
} from "../wall/address-set.ts";
import type { Listener } from "./sockets.ts";
import { type Directive, type NginxFile, formatDirective, formatOpening, nginxFiles } from "./nginx-directives.ts";

export interface NginxServer {
  readonly listens: readonly NginxListen[];
  /** The server itself and its locations, as far as a client gets there. */
  readonly places: readonly NginxPlace[];
}

export interface NginxListen {
  readonly scope: "address" | "wildcard4" | "wildcard6" | "address6";
  /** Of an IPv4 address; 0 for every. */
  readonly address?: Ipv4;
  readonly first: number;
  readonly last: number;
  /** As it stands in its file; absent: nothing does, and nginx listens on *:80. */
  readonly directive?: Directive;
}

export interface NginxPlace {
  /** Whose rules hold there: its own, or those of the nearest around it that has some; else its server. */
  readonly judge: Directive;
  /** Its server's. */
  readonly listens: readonly NginxListen[];
  readonly lets: AddressSet;
  /** Somebody is let in by name: it means to keep out others. */
  readonly names: boolean;
  readonly rules: readonly Directive[];
  /** What lets in more than the rules: `satisfy any`, and whoever may say for whom it speaks. */
  readonly looser: readonly Directive[];
}

/** `undefined`: there is no nginx, or its configuration could not be read. */
export function nginxOf(facts: HostFacts): readonly NginxServer[] | undefined {
  const read = reading(facts, "nginx");
  if (read === undefined || read.failed !== undefined) return undefined;
  const files = nginxFiles(read.text);
  const [main] = files;
  return main === undefined ? [] : serversIn(withIncludes(main.directives, files), NOTHING);
}

/** Deeper than anybody includes. */
const DEEPEST = 16;

/** Each `include` in its place: nginx prints the files one after another, each once. */
function withIncludes(directives: readonly Directive[], files: readonly NginxFile[], depth = 0): readonly Directive[] {
  if (depth > DEEPEST) return [];
  return directives.flatMap((directive) => {
    const { name, words, inner } = directive;
    if (inner !== undefined) return [{ ...directive, inner: withIncludes(inner, files, depth) }];
    if (name !== "include") return [directive];
    const pattern = globOf(resolve(dirname(files[0]?.path ?? "/"), words[0] ?? ""));
    const included = files.filter(({ path }) => pattern.test(path)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
    return withIncludes(
      included.flatMap((file) => file.directives),
      files,
      depth + 1,
    );
  });
}

/** glob(7), which no `*` leads out of its folder. */
function globOf(path: string): RegExp {
  const signs: Readonly<Record<string, string>> = { "*": "[^/]*", "?": "[^/]" };
  return new RegExp(`^${path.replaceAll(/[.*+?^${}()|\\]/g, (sign) => signs[sign] ?? `\\${sign}`)}$`);
}

/** What a place inherits. */
interface Inherited {
  readonly rules: readonly Directive[];
  /** Absent: outside of servers. */
  readonly judge?: Directive;
  readonly satisfy: readonly Directive[];
  readonly trusted: readonly Directive[];
  readonly listens: readonly NginxListen[];
}

const NOTHING: Inherited = { rules: [], satisfy: [], trusted: [], listens: [] };

function serversIn(directives: readonly Directive[], above: Inherited): readonly NginxServer[] {
  const here = inherited(directives, above);
  return directives.flatMap((directive) => {
    const { name, inner } = directive;
    if (inner === undefined) return [];
    if (name !== "server") return name === "http" || name === "stream" ? serversIn(inner, here) : [];
    const listens = listensIn(inner);
    return [{ listens, places: placesIn(directive, { ...here, listens }) }];
  });
}

/** What a server without `listen` does, where nginx was started by root: listen on *:80. */
function listensIn(inner: readonly Directive[]): readonly NginxListen[] {
  const written = inner.filter(({ name }) => name === "listen");
  if (written.length === 0) return [{ scope: "wildcard4", address: 0 as Ipv4, first: 80, last: 80 }];
  return written.flatMap((each) => listenOf(each) ?? []);
}

function inherited(directives: readonly Directive[], above: Inherited): Inherited {
  const own = (...names: readonly string[]): readonly Directive[] =>
    directives.filter(({ name }) => names.includes(name));
  const either = (list: readonly Directive[], otherwise: readonly Directive[]): readonly Directive[] =>
    list.length > 0 ? list : otherwise;
  return {
    ...above,
    rules: either(own("allow", "deny"), above.rules),
    satisfy: either(own("satisfy"), above.satisfy),
    trusted: either(own("set_real_ip_from"), above.trusted),
  };
}

/** A client gets to the server itself only where no location takes every request; never to those for redirections. */
function placesIn(block: Directive, above: Inherited): readonly NginxPlace[] {
  const inner = block.inner ?? [];
  const hasRules = inner.some(({ name }) => name === "allow" || name === "deny");
  const judge = hasRules || block.name === "server" ? block : (above.judge ?? block);
  const here = { ...inherited(inner, above), judge };
  const below = inner.filter(({ name }) => name === "location" || name === "limit_except").filter(isEntered);
  const own = below.some(takesAll) ? [] : [placeOf(judge, here)];
  return [...own, ...below.flatMap((each) => placesIn(each, here))];
}

function isEntered({ words, inner }: Directive): boolean {
  return words[0]?.startsWith("@") !== true && inner?.some(({ name }) => name === "internal") !== true;
}

function takesAll({ name, words }: Directive): boolean {
  return name === "location" && words.at(-1) === "/" && ["/", "^~"].includes(words[0] ?? "");
}

function placeOf(judge: Directive, { rules, satisfy, trusted, listens }: Inherited): NginxPlace {
  const any = satisfy.filter(({ words: [word] }) => word === "any");
  // Whoever may say for whom it speaks may name anybody who is let in; with `satisfy any` a password lets in, too.
  const lets = any.length > 0 ? EVERYBODY : union(letIn(rules), addressesOf(trusted.flatMap(networksNamed)));
  const names = rules.some(({ name }) => name === "allow");
  return { judge, listens, lets, names, rules, looser: [...any, ...trusted] };
}

function letIn(rules: readonly Directive[]): AddressSet {
  let [left, inside] = [EVERYBODY, NOBODY];
  for (const { name, words } of rules) {
    const named = words[0] === "all" ? EVERYBODY : addressesOf(networksNamed({ words }));
    if (name === "allow") inside = union(inside, intersection(left, named));
    left = without(left, named);
  }
  return union(inside, left);
}

/** nginx takes host bits off. An IPv6 address names nobody of IPv4. */
export function networksNamed({ words: [word = ""] }: Pick<Directive, "words">): readonly Network[] {
  const network = parseNetwork(word);
  if (!("kind" in network)) return [network];
  return network.kind === "host-bits" ? [network.meant] : [];
}

/** http://nginx.org/en/docs/http/ngx_http_core_module.html#listen; `undefined`: a unix socket, UDP, or a name. */
function listenOf(directive: Directive): NginxListen | undefined {
  const [where = "", ...options] = directive.words;
  if (where.startsWith("unix:") || options.includes("udp")) return undefined;
  const [, six, four = ""] = /^(?:\[(.*?)\])?(.*)$/.exec(where) ?? [];
  const [, host = "", ports = "80"] = /^(.*?)(?:(?:^|:)(\d+(?:-\d+)?))?$/.exec(four) ?? [];
  const [first = 80, last = first] = ports.split("-").map(Number);
  if (six !== undefined) return { scope: six === "::" ? "wildcard6" : "address6", first, last, directive };
  const address = host === "" || host === "*" ? (0 as Ipv4) : parseAddress(host);
  if (address === undefined) return undefined;
  return { scope: address === 0 ? "wildcard4" : "address", address, first, last, directive };
}

/** The servers of which one answers whoever connects to the address and port: the most exact `listen` alone counts. */
export function serversAt(
  servers: readonly NginxServer[],
  { address, port }: { readonly address: Ipv4; readonly port: number },
): readonly NginxServer[] {
  const at = (fits: (listen: NginxListen) => boolean): readonly NginxServer[] =>
    servers.filter(({ listens }) => listens.some((each) => each.first <= port && port <= each.last && fits(each)));
  const exact = at((each) => each.scope === "address" && each.address === address);
  return exact.length > 0 ? exact : at(({ scope }) => scope === "wildcard4" || scope === "wildcard6");
}

/** Whom they let in, one of them or another: the client says by a name which of them it means. */
export function letInAt(servers: readonly NginxServer[]): AddressSet {
  return unionOf(servers.flatMap(({ places }) => places.map(({ lets }) => lets)));
}

/** Not a container's: what that one reads is not what this host's `nginx -T` tells. */
export function isNginx({ owner }: Listener): boolean {
  return owner?.program === "nginx" && owner.container === undefined;
}

/** `/etc/nginx/conf.d/mempool.conf: listen [::]:3015;` */
export function formatListen({ directive }: NginxListen): string {
  return directive === undefined ? "a server without listen: *:80" : `${directive.file}: ${formatDirective(directive)}`;
}

/** `/etc/nginx/conf.d/mempool.conf: server { allow 192.0.2.1; }` */
export function formatPlace({ judge, rules, looser }: NginxPlace): string {
  return `${judge.file}: ${[formatOpening(judge), ...[...rules, ...looser].map(formatDirective), "}"].join(" ")}`;
}
