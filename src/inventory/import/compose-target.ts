/**
 * Where a service of a compose file leads: its command (`172.17.1.10 8888`), or variables with the usual names.
 *
 * What an image does with its words is not written in the file. So only words that say an IPv4 address and a port are
 * believed, and the import tells which ones they were.
 */
import { parseAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../model.ts";
import type { Mapping as YamlMapping, Tree } from "../tree.ts";
import { textOf } from "./compose-ports.ts";

export interface Told {
  readonly target: Endpoint;
  /** Which words said so: `its command`, `TARGET_HOST and TARGET_PORT`. */
  readonly by: string;
}

/** Variables that say a host and its port, the most explicit first. */
const PAIRS: readonly (readonly [host: string, port: string])[] = [
  ...["TARGET", "REMOTE", "DEST", "DESTINATION", "FORWARD", "UPSTREAM", "BACKEND", "TPE", "TERMINAL"].flatMap(
    (word) =>
      [
        [`${word}_HOST`, `${word}_PORT`],
        [`${word}_IP`, `${word}_PORT`],
        [`${word}_ADDRESS`, `${word}_PORT`],
        [`${word}_ADDR`, `${word}_PORT`],
      ] as const,
  ),
  ["HOST", "PORT"],
  ["IP", "PORT"],
];

/** Variables that say both, as ADDRESS:PORT. */
const WHOLE: readonly string[] = ["TARGET", "REMOTE", "DEST", "DESTINATION", "FORWARD", "UPSTREAM", "BACKEND"].flatMap(
  (word) => [word, `${word}_ADDR`, `${word}_ADDRESS`],
);

/** Every target that the service says, each once by command and once by environment. */
export function targetsOf(service: YamlMapping): readonly Told[] {
  const words = ["entrypoint", "command"].flatMap((key) => wordsOf(service.entries.get(key)?.value));
  const variables = variablesOf(service.entries.get("environment")?.value);
  return [...byWords(words), ...byVariables(variables)];
}

/** The texts on which the target depends, as written: for variables that nobody has filled in. */
export function textsOf(tree: Tree | undefined): readonly string[] {
  if (tree === undefined) return [];
  if (tree.kind === "leaf") return [textOf(tree)];
  const inside = tree.kind === "list" ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  return inside.flatMap(textsOf);
}

function wordsOf(tree: Tree | undefined): readonly string[] {
  if (tree?.kind === "mapping") return [];
  return textsOf(tree)
    .flatMap((text) => text.replaceAll(/["']/g, " ").split(/\s+/))
    .filter((word) => word !== "");
}

function byWords(words: readonly string[]): readonly Told[] {
  const found = new Map<string, Told>();
  words.forEach((word, index) => {
    const target = endpointOf(word) ?? endpointOf(`${word}:${words[index + 1] ?? ""}`);
    if (target !== undefined) found.set(`${target.address}:${target.port}`, { target, by: "its command" });
  });
  return [...found.values()];
}

/** `172.17.1.10:8888`, and socat's `TCP:172.17.1.10:8888,nodelay`. 0.0.0.0 is where a program listens, not where it leads. */
function endpointOf(text: string): Endpoint | undefined {
  const [, host = "", port = ""] = /^(?:tcp4?(?:-connect)?:)?([\d.]+):(\d{1,5})(?:,.*)?$/i.exec(text) ?? [];
  const address = parseAddress(host);
  const isPort = /^[1-9]\d*$/.test(port) && Number(port) <= 65_535;
  return address === undefined || address === 0 || !isPort ? undefined : { address, port: Number(port) };
}

function byVariables(variables: ReadonlyMap<string, string>): readonly Told[] {
  for (const name of WHOLE) {
    const target = endpointOf(variables.get(name) ?? "");
    if (target !== undefined) return [{ target, by: name }];
  }
  for (const [host, port] of PAIRS) {
    const target = endpointOf(`${variables.get(host) ?? ""}:${variables.get(port) ?? ""}`);
    if (target !== undefined) return [{ target, by: `${host} and ${port}` }];
  }
  return [];
}

/** A mapping, or a list of `NAME=VALUE`. */
function variablesOf(tree: Tree | undefined): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  if (tree?.kind === "mapping") {
    for (const [name, { value }] of tree.entries) if (value.kind === "leaf") variables.set(name, textOf(value));
  } else if (tree?.kind === "list") {
    for (const text of textsOf(tree)) {
      const [name = "", ...value] = text.split("=");
      variables.set(name.trim(), value.join("=").trim());
    }
  }
  return variables;
}
