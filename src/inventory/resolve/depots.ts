/** Depots and their terminals: addresses by the plan unless written, rights from the depot unless written. */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Accountability, Depot, Gateway, Grant, Terminal } from "../model.ts";
import { DEPOTS, inPlan, plannedAddress, TERMINALS } from "../numbering.ts";
import { quote } from "../quote.ts";
import { defined, type Reading } from "../reading.ts";
import type { RawDepot, RawTerminal } from "../schema.ts";
import { type BadTerminalNumber, numberTerminals } from "../terminal-numbers.ts";
import type { Path } from "../tree.ts";
import { accountability } from "./accountability.ts";
import { complainOfEmpty, grants } from "./grants.ts";
import { queue } from "./queue.ts";
import { address, label } from "./values.ts";

export function depots(reading: Reading, gateway: Gateway): readonly Depot[] {
  const found = Object.entries(reading.data.depots ?? {}).flatMap(([key, raw]) => {
    const path = ["depots", key];
    if (/^[1-9]\d?$/.test(key) && inPlan({ depot: Number(key), terminal: 1 })) {
      return [depot({ reading, gateway, number: Number(key), path }, raw)];
    }
    const message = `${quote(key)} is not a depot of the plan`;
    const hint = `write a number from 1 to ${DEPOTS}, without leading zero`;
    reading.complain({ code: "bad-depot-number", path, message, hint, which: "key" });
    return [];
  });
  return found.sort((a, b) => a.number - b.number);
}

interface Site {
  readonly reading: Reading;
  readonly gateway: Gateway;
  readonly number: number;
  readonly path: Path;
}

function depot(site: Site, raw: RawDepot): Depot {
  const { reading, path } = site;
  const name = raw.name === undefined ? undefined : label(reading, { text: raw.name, path: [...path, "name"] });
  // One list for all: whoever compiles 7,128 terminals compiles it once.
  const shared = grants(reading, raw.allow, [...path, "allow"]);
  const about = accountability(reading, raw, path);
  const { terminals, bad } = numberTerminals(raw.terminals);
  for (const one of bad) complainOfNumber(reading, one, [...path, "terminals"]);
  if (terminals.length === 0 && bad.length === 0) complainOfEmpty(reading, [...path, "terminals"]);
  return {
    number: site.number,
    ...defined({ name }),
    terminals: terminals.map((one) =>
      terminal({ ...site, path: [...path, "terminals", ...one.path] }, one, { grants: shared, about }),
    ),
  };
}

function complainOfNumber(reading: Reading, { text, path, kind }: BadTerminalNumber, above: Path): void {
  const here = [...above, ...path];
  const written = quote(text);
  const reasons = {
    "not-a-range": [
      `${written} is not a terminal's number or a range`,
      "write a number (5), a range (1-12), or a count",
    ],
    backwards: [`the range ${written} runs backwards`, "write the smaller number first"],
    outside: [`${written} goes beyond the plan`, `terminals are numbered from 1 to ${TERMINALS}`],
    twice: [`terminal ${text} is listed twice`, "list each terminal once"],
  } as const;
  const [message, hint] = reasons[kind];
  const code = kind === "twice" ? "listed-twice" : "bad-terminal-number";
  reading.complain({ code, path: here, message, hint, ...(typeof path.at(-1) === "string" ? { which: "key" } : {}) });
}

interface Inherited {
  readonly grants: readonly Grant[];
  readonly about: Accountability;
}

function terminal(
  site: Site,
  { number, raw }: { readonly number: number; readonly raw: RawTerminal },
  inherited: Inherited,
): Terminal {
  const { reading, path, gateway } = site;
  const text = (key: "label" | "model" | "serial"): string | undefined => {
    const value = raw[key];
    return value === undefined ? undefined : label(reading, { text: value, path: [...path, key] });
  };
  const { sessions, onRevoke, probe } = raw;
  return {
    number,
    address: addressOf(site, number, raw),
    port: raw.port ?? gateway.terminals.port,
    aliases: aliasesOf(reading, raw, path),
    grants: grantsOf(reading, raw, path, inherited.grants),
    ...accountability(reading, raw, path, inherited.about),
    ...defined({ label: text("label"), model: text("model"), serial: text("serial"), sessions, onRevoke, probe }),
    ...defined({ queue: queue(reading, raw, path) }),
  };
}

/** An address that cannot be read stays the plan's: the finding keeps the inventory from being used. */
function addressOf({ reading, gateway, number: depot, path }: Site, terminal: number, raw: RawTerminal): Ipv4 {
  const { network, firstHost } = gateway.terminals;
  const planned = plannedAddress(network, firstHost, { depot, terminal });
  if (raw.address !== undefined) {
    return address(reading, { text: raw.address, path: [...path, "address"] }) ?? planned;
  }
  const host = firstHost + terminal - 1;
  if (host > 254) {
    const message = `terminal ${terminal} would have the host number ${host}, which no /24 has`;
    const hint = `lower gateway.terminals.firstHost (${firstHost}), or write the terminal's address`;
    reading.complain({ code: "host-outside-depot", path, message, hint, which: "key" });
  }
  return planned;
}

function aliasesOf(reading: Reading, raw: RawTerminal, path: Path): readonly number[] {
  const aliases = raw.aliases ?? [];
  aliases.forEach((port, index) => {
    if (aliases.indexOf(port) === index) return;
    const here = [...path, "aliases", index];
    reading.complain({
      code: "listed-twice",
      path: here,
      message: `the alias ${port} is listed twice`,
      hint: "remove one",
    });
  });
  return [...new Set(aliases)];
}

function grantsOf(reading: Reading, raw: RawTerminal, path: Path, shared: readonly Grant[]): readonly Grant[] {
  if (raw.allow !== undefined && raw.extra !== undefined) {
    const hint = "write all rights in allow, or keep the depot's list and add to it in extra";
    const message = "allow replaces the depot's list and extra adds to it: they cannot stand together";
    reading.complain({ code: "allow-and-extra", path: [...path, "extra"], message, hint, which: "key" });
  }
  if (raw.allow !== undefined) return grants(reading, raw.allow, [...path, "allow"]);
  if (raw.extra === undefined) return shared;
  const extra = grants(reading, raw.extra, [...path, "extra"]);
  const both = extra.filter(({ source }) => shared.some((grant) => grant.source === source));
  for (const { source } of both) {
    const message = `${quote(source)} may enter by the depot's list already`;
    const here = [...path, "extra", extra.findIndex((grant) => grant.source === source)];
    reading.complain({ code: "listed-twice", path: here, message, hint: "remove it from extra" });
  }
  return [...shared, ...extra.filter((grant) => !both.includes(grant))];
}
