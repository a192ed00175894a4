/**
 * What a rule of iptables tests: iptables(8) and iptables-extensions(8), "MATCH EXTENSIONS", for the first packet of a
 * TCP connection that comes alone.
 */
import { parseAddress, parseNetwork } from "@ecluse/guard/address";
import { addressesOf } from "../wall/address-set.ts";
import {
  ALWAYS,
  type Condition,
  type Field,
  NEVER,
  type Part,
  known,
  lookup,
  opposite,
  partsOf,
} from "../wall/ruleset.ts";
import type { Option } from "./words.ts";

/** A condition, not yet negated; `undefined`: the values cannot be read. */
type Test = (values: readonly string[]) => Condition | undefined;

const NAMELESS = "";

/** By module and option: `tcp` and `--dport`. What stands without a module comes first. */
const TESTS: Readonly<Record<string, Readonly<Record<string, Test>>>> = {
  [NAMELESS]: {
    "-s": addressesIn("source"),
    "-d": addressesIn("destination"),
    "-i": ([name = ""]) => lookup("into", [{ word: name.replace(/\+$/, "*") }]),
    "-o": ([name = ""]) => lookup("out", [{ word: name.replace(/\+$/, "*") }]),
    "-p": ([name = ""]) => known(["tcp", "6", "all", "0"].includes(name)),
    "-f": () => NEVER,
  },
  tcp: {
    "--dport": portsIn("port"),
    "--sport": sourcePorts,
    "--tcp-flags": ([mask = "", wanted = ""]) => known(isOpening(mask, wanted)),
    "--syn": () => ALWAYS,
  },
  udp: { "--dport": portsIn("port"), "--sport": sourcePorts },
  multiport: { "--dports": portsIn("port"), "--sports": sourcePorts },
  comment: { "--comment": () => ALWAYS },
  state: { "--state": words("state") },
  conntrack: {
    "--ctstate": words("state"),
    "--ctstatus": words("status"),
    "--ctorigsrc": addressesIn("source"),
    "--ctorigdst": addressesIn("original-destination"),
    "--ctorigdstport": portsIn("original-port"),
    "--ctdir": ([direction]) => known(direction === "ORIGINAL"),
    "--ctproto": ([protocol = ""]) => known(["6", "tcp"].includes(protocol)),
  },
  addrtype: { "--dst-type": words("kind"), "--limit-iface-in": () => ALWAYS },
  iprange: { "--src-range": rangeIn("source"), "--dst-range": rangeIn("destination") },
  mark: { "--mark": ([text = ""]) => marked(text) },
  pkttype: { "--pkt-type": ([type]) => known(type === "unicast") },
  // Not decrypted by IPsec, and by a way that leads back to the sender.
  policy: { "--dir": () => ALWAYS, "--pol": ([kind]) => known(kind === "none") },
  rpfilter: { "--invert": () => NEVER, "--loose": () => ALWAYS, "--validmark": () => ALWAYS },
  // Rates: somebody who comes alone stays below them.
  limit: { "--limit": () => ALWAYS, "--limit-burst": () => ALWAYS },
  connlimit: {
    "--connlimit-above": () => NEVER,
    "--connlimit-upto": () => ALWAYS,
    ...settings("connlimit-mask", "connlimit-saddr", "connlimit-daddr"),
  },
  hashlimit: {
    "--hashlimit-upto": () => ALWAYS,
    "--hashlimit-above": () => NEVER,
    ...settings(
      "hashlimit-burst",
      "hashlimit-mode",
      "hashlimit-name",
      "hashlimit-srcmask",
      "hashlimit-dstmask",
      "hashlimit-htable-size",
      "hashlimit-htable-max",
      "hashlimit-htable-expire",
      "hashlimit-htable-gcinterval",
    ),
  },
};

/** The conditions of a rule, its jump left out. */
export function conditionsOf(options: readonly Option[]): readonly Condition[] {
  const conditions: Condition[] = [];
  let module = NAMELESS;
  let inTarget = false;
  const recent: Option[] = [];
  for (const option of options) {
    const { name, values } = option;
    if (name === "-m") [module, inTarget] = [values[0] ?? "", false];
    else if (name === "-j" || name === "-g") inTarget = true;
    else if (inTarget) continue;
    else if (name === "-p") {
      // As iptables does: a protocol loads its own module.
      module = values[0] ?? "";
      conditions.push(conditionOf(option, NAMELESS));
    } else if (module === "recent") recent.push(option);
    else conditions.push(conditionOf(option, module));
  }
  if (options.some(({ name, values }) => name === "-m" && values[0] === "recent")) conditions.push(recently(recent));
  return conditions;
}

function conditionOf({ name, values, negated }: Option, module: string): Condition {
  const test = TESTS[NAMELESS]?.[name] ?? TESTS[module]?.[name];
  const condition = test?.(values) ?? unknown(`${module} ${name} ${values.join(" ")}`);
  return negated ? opposite(condition) : condition;
}

/** Who comes alone was never seen before, and is not above a count; a knock at another port is not known. */
function recently(options: readonly Option[]): Condition {
  const has = (name: string): boolean => options.some((option) => option.name === name);
  if (has("--set")) return ALWAYS;
  return has("--hitcount") ? NEVER : unknown("recent");
}

function unknown(text: string): Condition {
  return { kind: "unknown", text: text.trim() };
}

function settings(...names: readonly string[]): Readonly<Record<string, Test>> {
  return Object.fromEntries(names.map((name) => [`--${name}`, () => ALWAYS]));
}

function addressesIn(field: Field): Test {
  return ([text = ""]) => {
    const network = parseNetwork(text);
    return "address" in network ? lookup(field, partsOf(addressesOf([network]))) : undefined;
  };
}

function rangeIn(field: Field): Test {
  return ([text = ""]) => {
    const [from, to] = text.split("-").map(parseAddress);
    return from === undefined ? undefined : lookup(field, [{ from, to: to ?? from }]);
  };
}

function portsIn(field: Field): Test {
  return ([text = ""]) => lookup(field, text.split(",").map(portRange));
}

/** The client chose its port: only a test of all of them is certain. */
function sourcePorts([text = ""]: readonly string[]): Condition {
  return /^0?:65535$/.test(text) ? ALWAYS : unknown(`source port ${text}`);
}

function portRange(text: string): Part {
  const [from = "", to = from] = text.split(":");
  return { from: Number(from), to: to === "" ? 65_535 : Number(to) };
}

function words(field: Field): Test {
  return ([text = ""]) =>
    lookup(
      field,
      text
        .toLowerCase()
        .split(",")
        .map((word) => ({ word })),
    );
}

function marked(text: string): Condition {
  const [value = 0, mask = 0xffffffff] = text.split("/").map(Number);
  return { kind: "mark", mask, value, negated: false };
}

/** Whether the flags of a first packet, SYN alone, are the wanted ones among those looked at. */
function isOpening(mask: string, wanted: string): boolean {
  const seen = /\b(?:SYN|ALL)\b/.test(mask) ? "SYN" : "NONE";
  return wanted === seen;
}
