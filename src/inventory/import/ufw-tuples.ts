/**
 * `/etc/ufw/user.rules`: ufw's own record, one `### tuple ###` line for each rule above the lines for iptables.
 *
 * `ACTION PROTOCOL PORT TO SOURCEPORT FROM [APP SOURCEAPP] [DIRECTION[_INTERFACE]] [comment=HEX]`, as ufw 0.36 reads it
 * (backend_iptables.py, `_read_rules`).
 */
import type { SourceFile } from "../tree.ts";
import type { Account } from "./account.ts";
import type { Rule } from "./draft.ts";
import { linesOf, spotOn } from "./excerpt.ts";
import { ruleOf, type Written } from "./ufw-rule.ts";

const TUPLE = /^### tuple ###\s*/;

export function isTuples(text: string): boolean {
  return /^### tuple ###/m.test(text);
}

export function readTuples(file: SourceFile, account: Account): readonly Rule[] {
  return linesOf(file).flatMap((line, index) => {
    if (!TUPLE.test(line)) return [];
    const at = spotOn(file, index + 1);
    const written = tupleOf(line.replace(TUPLE, ""));
    if (written === undefined) {
      const hint = "give the file as ufw writes it, or what ufw show added prints";
      account.report.add("not-followed", at, "this tuple is not one that ufw writes", hint);
      return [];
    }
    return ruleOf({ ...written, at, text: line.replace(TUPLE, "").replace(/ comment=.*/, "") }, account) ?? [];
  });
}

function tupleOf(text: string): Omit<Written, "at" | "text"> | undefined {
  const [tuple = "", hex] = text.split(" comment=");
  const words = tuple.trim().split(/\s+/);
  const [action = "", protocol = "", port = "", to = "", sourcePort = "", from = ""] = words;
  if (words.length < 6 || words.length > 9) return undefined;
  const [, route, plain = ""] = /^(route:)?(allow|deny|reject|limit)(?:_log(?:-all)?)?$/.exec(action) ?? [];
  if (plain === "") return undefined;
  // Without a direction: the format before ufw 0.34.
  const [direction = "in", ...faces] = words.length % 2 === 1 ? (words.at(-1) ?? "in").split("_") : ["in"];
  const comment = hex === undefined ? undefined : commentOf(hex);
  return {
    action: plain,
    direction: route !== undefined ? "forward" : direction === "out" ? "out" : "in",
    ...(faces.length > 0 ? { interface: faces.join("_") } : {}),
    protocol,
    port,
    to: anyOf(to),
    sourcePort,
    from: anyOf(from),
    isIpv6: to.includes(":") || from.includes(":"),
    ...(comment === undefined ? {} : { comment }),
  };
}

function anyOf(address: string): string {
  return address === "0.0.0.0/0" || address === "::/0" ? "any" : address;
}

/** UTF-8 in hexadecimal digits. */
function commentOf(hex: string): string | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(hex.trim()) ? Buffer.from(hex.trim(), "hex").toString("utf8") : undefined;
}
