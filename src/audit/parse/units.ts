/** A service's unit as systemd has it loaded, and what its running process was given: systemctl(1) `show`. */
import { type HostFacts, reading } from "../facts.ts";

export interface Unit {
  readonly loaded: boolean;
  readonly active: boolean;
  /** A file of it was changed since systemd read it. */
  readonly isStale: boolean;
  readonly environment: ReadonlyMap<string, string>;
  /** What its process was started with; absent: it does not run, or could not be read. */
  readonly running?: ReadonlyMap<string, string>;
  readonly allows: readonly string[];
  readonly denies: readonly string[];
  /** What was typed, and the text. */
  readonly source: string;
  readonly text: string;
}

/** `undefined`: systemd was not asked, or could not be. */
export function unitOf(facts: HostFacts, name: string): Unit | undefined {
  const read = reading(facts, `unit:${name}`);
  if (read === undefined || read.failed !== undefined) return undefined;
  const [shown = "", running] = read.text.split(/^== process\n/m);
  const properties = new Map(linesOf(shown));
  const listAt = (key: string): readonly string[] =>
    (properties.get(key) ?? "").split(" ").filter((word) => word !== "");
  const process = new Map(linesOf(running ?? ""));
  return {
    loaded: (properties.get("LoadState") ?? "loaded") === "loaded",
    active: properties.get("ActiveState") === "active",
    isStale: properties.get("NeedDaemonReload") === "yes",
    environment: new Map(listAt("Environment").map(pair)),
    ...(process.size === 0 ? {} : { running: process }),
    allows: listAt("IPAddressAllow"),
    denies: listAt("IPAddressDeny"),
    source: read.source,
    text: shown.trim(),
  };
}

function linesOf(text: string): readonly (readonly [string, string])[] {
  return text
    .split("\n")
    .filter((line) => line.includes("="))
    .map(pair);
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
