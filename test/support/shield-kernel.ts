/**
 * A kernel that knows the few words in which the shield speaks, and objects as the real one does: to a change of what is not
 * there, and to the removal of what is still in use. Scripts take effect whole or not at all.
 */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";

interface Tables {
  /** Elements, by set. */
  readonly sets: Map<string, Set<string>>;
  /** Rules, by chain. */
  readonly chains: Map<string, string[]>;
  /** Chains, by door. */
  readonly doors: Map<string, string>;
}

const REFUSE = "refuse";

export class ShieldKernel {
  #tables: Tables = { sets: new Map(), chains: new Map([[REFUSE, []]]), doors: new Map() };

  /** Throws where the kernel would refuse the script; then nothing of it has taken effect. */
  run(script: string): void {
    const tables = copy(this.#tables);
    for (const line of script.split("\n").filter((each) => each !== "")) step(tables, line);
    this.#tables = tables;
  }

  /** All there is, to be compared. */
  get contents(): unknown {
    const { sets, chains, doors } = this.#tables;
    const sorted = <T>(map: Map<string, T>): readonly (readonly [string, T])[] =>
      [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      sets: sorted(sets).map(([name, elements]) => [name, [...elements].map(withoutTimeout).sort()]),
      chains: sorted(chains),
      doors: sorted(doors),
    };
  }

  /** Whether a connection from there to `ADDRESS . PORT` gets through. */
  lets(source: Ipv4, door: string): boolean {
    const { doors, chains, sets } = this.#tables;
    const chain = doors.get(door) ?? doors.get(door.split(" . ")[1] ?? "");
    if (chain === undefined) return true;
    const names = (chains.get(chain) ?? []).flatMap((rule) => /@(\S+) accept$/.exec(rule)?.[1] ?? []);
    return names.some((name) => [...(sets.get(name) ?? [])].some((element) => holds(element, source)));
  }
}

function copy({ sets, chains, doors }: Tables): Tables {
  return {
    sets: new Map(Array.from(sets, ([name, elements]) => [name, new Set(elements)])),
    chains: new Map(Array.from(chains, ([name, rules]) => [name, [...rules]])),
    doors: new Map(doors),
  };
}

const LINE = /^(add|delete|flush) (set|element|chain|rule) ip ecluse_shield (\S+) ?(.*)$/;

function step(tables: Tables, line: string): void {
  const [, verb = "", kind = "", name = "", rest = ""] = LINE.exec(line) ?? fail(line);
  const { sets, chains } = tables;
  switch (`${verb} ${kind}`) {
    case "add set":
      check(!sets.has(name), line);
      sets.set(name, new Set());
      return;
    case "delete set":
      check(sets.delete(name) && ![...chains.values()].flat().some((rule) => rule.includes(`@${name} `)), line);
      return;
    case "add chain":
      check(!chains.has(name), line);
      chains.set(name, []);
      return;
    case "add rule":
      for (const [, set = ""] of rest.matchAll(/@(\S+)/g)) check(sets.has(set), line);
      (chains.get(name) ?? fail(line)).push(rest);
      return;
    case "flush chain":
      (chains.get(name) ?? fail(line)).length = 0;
      return;
    case "delete chain":
      check(chains.delete(name) && ![...tables.doors.values()].includes(name), line);
      return;
    default:
      for (const element of rest.slice(2, -2).split(", ")) change(tables, { verb, name, element }, line);
  }
}

function change(
  { sets, chains, doors }: Tables,
  { verb, name, element }: Readonly<Record<"verb" | "name" | "element", string>>,
  line: string,
): void {
  if (name === "doors" || name === "anywhere") {
    const [door = "", chain = ""] = element.split(" : goto ");
    check(verb === "add" ? !doors.has(door) && chains.has(chain) : doors.delete(door), line);
    if (verb === "add") doors.set(door, chain);
    return;
  }
  const set = sets.get(name) ?? fail(line);
  const same = [...set].find((each) => withoutTimeout(each) === withoutTimeout(element));
  if (verb === "delete") check(same !== undefined && set.delete(same), line);
  else {
    check(![...set].some((each) => overlap(each, element)), line);
    set.add(element);
  }
}

function overlap(a: string, b: string): boolean {
  const [mine, theirs] = [boundsOf(a), boundsOf(b)];
  return mine.first <= theirs.last && theirs.first <= mine.last;
}

function holds(element: string, source: Ipv4): boolean {
  const { first, last } = boundsOf(element);
  return first <= source && source <= last;
}

function boundsOf(element: string): { readonly first: number; readonly last: number } {
  const [first = "", last = first] = (element.split(" . ")[0] ?? "").split("-");
  return { first: parseAddress(first) ?? fail(element), last: parseAddress(last) ?? fail(element) };
}

function withoutTimeout(element: string): string {
  return element.replace(/ timeout \d+s$/, "");
}

function check(holds: boolean, line: string): void {
  if (!holds) fail(line);
}

function fail(line: string): never {
  throw new Error(`the kernel refuses: ${line}`);
}
