/** The table that `ufw status`, `ufw status numbered` and `ufw status verbose` print under LC_ALL=C. */
import type { SourceFile, Spot } from "../tree.ts";
import type { Account } from "./account.ts";
import type { Rule } from "./draft.ts";
import { linesOf, spotOn } from "./excerpt.ts";
import { ruleOf, type Written } from "./ufw-rule.ts";

const ROW = /^\s*(?:\[ *\d+\] *)?(.*?)\s+(ALLOW|DENY|REJECT|LIMIT)(?: (IN|OUT|FWD))?\s+(\S.*)$/;

/** No row that ufw prints is longer. */
const LONGEST = 2_000;

export function isStatus(text: string): boolean {
  return /^Status: /m.test(text) || /^\[ *\d+\] .*\b(?:ALLOW|DENY|REJECT|LIMIT)\b/m.test(text);
}

export function readStatus(file: SourceFile, account: Account): readonly Rule[] {
  if (/^Status: inactive/m.test(file.text)) {
    const hint = "give what ufw show added prints, or /etc/ufw/user.rules: they have the rules all the same";
    account.report.add("not-ufw", spotOn(file, 1), "ufw is not active, so its status shows no rule", hint);
    return [];
  }
  return linesOf(file).flatMap((line, index) => rowRule(line, spotOn(file, index + 1), account));
}

function rowRule(line: string, at: Spot, account: Account): readonly Rule[] {
  const [, to = "", action = "", direction = "IN", rest = ""] = (line.length > LONGEST ? null : ROW.exec(line)) ?? [];
  if (action === "") {
    if (/^\[ *\d+\]/.test(line.trim())) {
      account.report.add("not-followed", at, "this row of the table cannot be read", "run it under LC_ALL=C");
    }
    return [];
  }
  const [source = "", ...comment] = rest.split(" # ");
  const destination = sideOf(to);
  const origin = sideOf(source.replace(/\s*\((?:log|log-all|out|, )+\)\s*$/, ""));
  const written: Written = {
    at,
    text: line.trim(),
    action: action.toLowerCase(),
    direction: direction === "FWD" ? "forward" : direction === "OUT" ? "out" : "in",
    protocol: destination.protocol,
    port: destination.port,
    to: destination.address,
    sourcePort: origin.port,
    from: origin.address,
    isIpv6: destination.isIpv6 || origin.isIpv6,
    ...(destination.interface === undefined ? {} : { interface: destination.interface }),
    ...(comment.length > 0 ? { comment: comment.join(" # ").trim() } : {}),
  };
  return [ruleOf(written, account)].filter((rule) => rule !== undefined);
}

interface Side {
  readonly address: string;
  readonly port: string;
  readonly protocol: string;
  readonly interface?: string;
  readonly isIpv6: boolean;
}

/** `10101/tcp`, `198.51.100.10 10101`, `Anywhere`, `22 (v6)`, `22/tcp on eth0`, `OpenSSH`, `22/tcp (OpenSSH)`. */
function sideOf(text: string): Side {
  const [what = "", face] = text.trim().split(/ on (?=\S+$)/);
  const isIpv6 = what.includes("(v6)") || /[0-9a-f]*:[0-9a-f]*:/i.test(what);
  const words = what
    .replace(/\s*\([^)]*\)/g, "")
    .trim()
    .split(/\s+/);
  const isAddress = (word: string): boolean => /^(?:\d+\.){3}\d+|^Anywhere|:.*:/.test(word);
  const address = words.find(isAddress) ?? "any";
  const [port = "any", protocol = "any"] = (words.find((word) => !isAddress(word)) ?? "any").split("/");
  return {
    address: address.startsWith("Anywhere") ? "any" : address,
    port,
    protocol,
    isIpv6,
    ...(face === undefined ? {} : { interface: face }),
  };
}
