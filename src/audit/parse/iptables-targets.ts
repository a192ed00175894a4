/** What a rule of iptables does: iptables(8) and iptables-extensions(8), "TARGET EXTENSIONS". */
import { parseAddress } from "@ecluse/guard/address";
import type { Action, Chain } from "../wall/ruleset.ts";
import type { Option } from "./words.ts";

const PLAIN: Readonly<Record<string, Action["kind"] & ("accept" | "drop" | "return" | "continue" | "unknown")>> = {
  ACCEPT: "accept",
  DROP: "drop",
  REJECT: "drop",
  RETURN: "return",
  ...Object.fromEntries(
    ["LOG", "NFLOG", "ULOG", "AUDIT", "TRACE", "SET", "CHECKSUM", "TCPMSS", "CONNMARK", "CONNSECMARK", "SECMARK"].map(
      (name) => [name, "continue" as const],
    ),
  ),
  ...Object.fromEntries(
    ["CLASSIFY", "DSCP", "ECN", "TOS", "TTL", "RATEEST", "TEE", "LED"].map((name) => [name, "continue" as const]),
  ),
  ...Object.fromEntries(
    ["QUEUE", "NFQUEUE", "TPROXY", "SYNPROXY", "TARPIT", "IDLETIMER", "BPF", "NETMAP"].map((name) => [
      name,
      "unknown" as const,
    ]),
  ),
};

/** `jump` is the option `-j` or `-g`; without it, a rule only counts. */
export function actionOf(
  jump: Option | undefined,
  options: readonly Option[],
  chainOf: (name: string) => Chain,
): Action {
  if (jump === undefined) return { kind: "continue" };
  const [target = ""] = jump.values;
  const valueOf = (name: string): string | undefined => options.find((each) => each.name === name)?.values[0];
  if (jump.name === "-g") return { kind: "goto", target: chainOf(target) };
  const plain = PLAIN[target];
  if (plain !== undefined) return { kind: plain };
  if (target === "DNAT") return translation(valueOf("--to-destination"));
  if (target === "REDIRECT") return { kind: "redirect", ...portOf(valueOf("--to-ports")) };
  if (target === "MARK") return marking(valueOf("--set-xmark") ?? "");
  if (target === "CT" || target === "NOTRACK") {
    return { kind: target === "NOTRACK" || options.some(({ name }) => name === "--notrack") ? "untrack" : "continue" };
  }
  return { kind: "jump", target: chainOf(target) };
}

function translation(to: string | undefined): Action {
  const [, host = "", port] = /^([\d.]*)(?::(\d+))?$/.exec(to ?? "") ?? [];
  const destination = parseAddress(host);
  // A range of addresses or of ports: which of them is not known.
  if (destination === undefined && port === undefined) return { kind: "unknown" };
  return { kind: "translate", ...(destination === undefined ? {} : { destination }), ...portOf(port) };
}

function portOf(text: string | undefined): { readonly port?: number } {
  return text !== undefined && /^\d+$/.test(text) ? { port: Number(text) } : {};
}

/** `--set-xmark value/mask`: the mask's bits are cleared, then the value's flipped. */
function marking(text: string): Action {
  const [value = 0, mask = 0xffffffff] = text.split("/").map(Number);
  return { kind: "mark", keep: ~mask >>> 0, flip: value >>> 0 };
}
