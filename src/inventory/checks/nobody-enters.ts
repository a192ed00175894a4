/** Doors that open for nobody: allowed, since nothing listed means nobody enters, but seldom meant. */
import { type Facts, isWritten } from "../facts.ts";
import { quote } from "../quote.ts";
import { numberTerminals } from "../terminal-numbers.ts";
import type { Path } from "../tree.ts";

export function checkNobodyEnters(facts: Facts): void {
  for (const [key, depot] of Object.entries(facts.data.depots ?? {})) {
    const bare = numberTerminals(depot.terminals).terminals.filter(({ raw }) => !raw.allow && !raw.extra);
    if (!isWritten(facts, ["depots", key, "allow"]) && bare.length > 0) {
      complain(facts, ["depots", key], `depot ${quote(key)} lets nobody enter ${bare.length} of its terminals`);
    }
  }
  for (const section of ["services", "flows"] as const) {
    for (const name of Object.keys(facts.data[section] ?? {})) {
      const path = [section, name];
      if (!isWritten(facts, [...path, "allow"])) complain(facts, path, `${quote(name)} lets nobody enter`);
    }
  }
}

function complain(facts: Facts, path: Path, message: string): void {
  facts.complain({
    code: "nobody-enters",
    path,
    message,
    hint: "write allow: [...] with the sources that may",
    which: "key",
  });
}
