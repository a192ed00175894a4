/** Who may come: addresses of rules get names, and texts that stand for addresses get theirs from the operator. */
import { formatNetwork, type Network } from "@ecluse/guard/address";
import { fold } from "../nearest.ts";
import { escapeControls, quote } from "../quote.ts";
import type { RawInventory } from "../schema.ts";
import type { Account } from "./account.ts";
import type { Rule } from "./draft.ts";
import { isName, nameFrom, proseFrom, unlike } from "./name.ts";

/** `--source NAME=ADDRESSES`: what NAME stands for where a rule says it, and what to call that address elsewhere. */
export interface GivenSource {
  readonly name: string;
  readonly networks: readonly Network[];
}

export interface SourceBook {
  /** The source of a rule; `undefined`: nobody said which addresses it stands for. */
  readonly nameOf: (rule: Rule) => string | undefined;
  /** Those that were asked for, as the inventory declares them. */
  readonly declared: () => NonNullable<RawInventory["sources"]>;
}

interface Known {
  readonly name: string;
  readonly networks: readonly Network[];
  readonly comments: Set<string>;
}

export function createSourceBook(given: readonly GivenSource[]): SourceBook {
  const known = new Map<string, Known>();
  const taken = new Set<string>();

  function register(key: string, wanted: string, networks: readonly Network[]): Known {
    const before = known.get(key);
    if (before !== undefined) return before;
    const name = unlike(wanted, taken);
    taken.add(fold(name));
    const entry = { name, networks, comments: new Set<string>() };
    known.set(key, entry);
    return entry;
  }

  function entryOf(from: Exclude<Rule["from"], "anyone">): Known | undefined {
    const said = given.find((one) => isFor(one, from));
    if (said !== undefined) return register(`given ${said.name}`, ownName(said.name), said.networks);
    if ("standsFor" in from) return undefined;
    const written = formatNetwork(from);
    return register(written, `from-${written.replace("/", "-")}`, [from]);
  }

  return {
    nameOf({ from, comment }) {
      if (from === "anyone") return "any";
      const entry = entryOf(from);
      if (comment !== undefined) entry?.comments.add(comment);
      return entry?.name;
    },
    declared() {
      const entries = [...known.values()].map(({ name, networks, comments }) => {
        const [comment, ...others] = comments;
        const reason = comment === undefined || others.length > 0 ? {} : { reason: proseFrom(comment) };
        return [name, { addresses: networks.map(formatNetwork), ...reason }] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}

/** Tells of each text that stands for an address which nobody gave. */
export function tellOfUnknown(rules: readonly Rule[], given: readonly GivenSource[], { report }: Account): void {
  const unknown = new Map<string, Rule[]>();
  for (const rule of rules) {
    const { from } = rule;
    if (from === "anyone" || !("standsFor" in from) || given.some((one) => isFor(one, from))) continue;
    unknown.set(from.standsFor, [...(unknown.get(from.standsFor) ?? []), rule]);
  }
  for (const [text, [first, ...others]] of unknown) {
    if (first === undefined) continue;
    const more = others.length === 0 ? "" : `, here and in ${others.length} more rules`;
    const message = `${quote(text)} stands for an address that is not written${more}`;
    const option = `${escapeControls(text)}=203.0.113.7`;
    const word = /^[\w.=-]+$/.test(option) ? option : `'${option}'`;
    report.add("placeholder", first.at, message, `say what it stands for: --source ${word}`);
  }
}

/** Given ones that no rule speaks of: misspelt, probably. */
export function unusedOf(rules: readonly Rule[], given: readonly GivenSource[]): readonly string[] {
  const isUsed = (one: GivenSource): boolean => rules.some(({ from }) => from !== "anyone" && isFor(one, from));
  return given.filter((one) => !isUsed(one)).map(({ name }) => name);
}

/** By the text that it stands for, or by the one address that it is. */
function isFor({ name, networks }: GivenSource, from: Exclude<Rule["from"], "anyone">): boolean {
  if ("standsFor" in from) return name === from.standsFor;
  const [only, ...others] = networks;
  return only !== undefined && others.length === 0 && formatNetwork(only) === formatNetwork(from);
}

function ownName(given: string): string {
  return isName(given) ? given : nameFrom(given, "source");
}
