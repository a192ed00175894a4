/** Who may come: addresses of rules get names, and texts that stand for addresses get theirs from the operator. */
import { formatNetwork, type Network } from "@ecluse/guard/address";
import { fold } from "../nearest.ts";
import { quote } from "../quote.ts";
import type { RawInventory } from "../schema.ts";
import type { Spot } from "../tree.ts";
import type { Account } from "./account.ts";
import type { Rule } from "./draft.ts";
import { isName, nameFrom, proseFrom, unlike } from "./name.ts";

/** `--source NAME=ADDRESSES`: what NAME stands for where a rule says it, and what to call that address elsewhere. */
export interface GivenSource {
  readonly name: string;
  readonly networks: readonly Network[];
}

export interface SourceBook {
  /** The source of a rule; `undefined`: nobody knows yet which addresses it stands for. */
  readonly nameOf: (rule: Rule) => string | undefined;
  /** Tells of each text that nobody gave an address. */
  readonly tellUnknown: (account: Account) => void;
  /** Given ones that no rule named. */
  readonly unused: () => readonly string[];
  /** Those that rules named, for the inventory. */
  readonly declared: () => NonNullable<RawInventory["sources"]>;
}

interface Known {
  readonly name: string;
  readonly networks: readonly Network[];
  readonly comments: Set<string>;
}

export function createSourceBook(given: readonly GivenSource[]): SourceBook {
  const known = new Map<string, Known>();
  const unknown = new Map<string, Spot[]>();
  const used = new Set<GivenSource>();
  const taken = new Set<string>();

  function register(key: string, wanted: string, networks: readonly Network[]): Known {
    const name = known.get(key)?.name ?? unlike(wanted, taken);
    taken.add(fold(name));
    const entry = known.get(key) ?? { name, networks, comments: new Set() };
    known.set(key, entry);
    return entry;
  }

  function entryOf({ from, at }: Rule): Known | undefined {
    if (from === "anyone") return undefined;
    if ("standsFor" in from) {
      const said = given.find(({ name }) => name === from.standsFor);
      if (said === undefined) {
        unknown.set(from.standsFor, [...(unknown.get(from.standsFor) ?? []), at]);
        return undefined;
      }
      used.add(said);
      return register(`given ${said.name}`, ownName(said.name), said.networks);
    }
    const written = formatNetwork(from);
    const said = given.find(({ networks: [only, ...more] }) => {
      return only !== undefined && more.length === 0 && formatNetwork(only) === written;
    });
    if (said === undefined) return register(written, `from-${written.replace("/", "-")}`, [from]);
    used.add(said);
    return register(`given ${said.name}`, ownName(said.name), said.networks);
  }

  return {
    nameOf(rule) {
      if (rule.from === "anyone") return "any";
      const entry = entryOf(rule);
      if (entry !== undefined && rule.comment !== undefined) entry.comments.add(rule.comment);
      return entry?.name;
    },
    tellUnknown({ report }) {
      for (const [text, [first, ...others]] of unknown) {
        if (first === undefined) continue;
        const more = others.length === 0 ? "" : `, here and in ${others.length} more rules`;
        const message = `${quote(text)} stands for an address that is not written${more}`;
        report.add("placeholder", first, message, `say what it stands for: --source ${text}=203.0.113.7`);
      }
    },
    unused: () => given.filter((one) => !used.has(one)).map(({ name }) => name),
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

function ownName(given: string): string {
  return isName(given) ? given : nameFrom(given, "source");
}
