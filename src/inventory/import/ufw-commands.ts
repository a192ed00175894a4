/**
 * `ufw allow from 203.0.113.7 to any port 10101 proto tcp comment 'odoo'`: what `ufw show added` prints, what people
 * write into scripts, and what the first founding document shows.
 */
import { quote } from "../quote.ts";
import type { SourceFile, Spot } from "../tree.ts";
import type { Account } from "./account.ts";
import type { Rule } from "./draft.ts";
import { betweenFences, formatStretch, linesIn, linesOf, onlyStretches, spotOn } from "./excerpt.ts";
import { ruleOf, type Written } from "./ufw-rule.ts";

const COMMAND = /^\s*(?:\$\s+)?(?:sudo\s+)?(?:\S*\/)?ufw\s+(.*)$/;
const LONGEST = 2_000;
const CHANGES = /^(?:--\S+\s+)*(?:allow|deny|reject|limit|route|delete|insert|prepend|default|enable)\b/;

export function isCommands(text: string): boolean {
  return text.split(/\r?\n/).some(isChange);
}

function isChange(line: string): boolean {
  return CHANGES.test(commandIn(line) ?? "");
}

/** What follows `ufw`; no command is as long as a line may be. */
function commandIn(line: string): string | undefined {
  return line.length > LONGEST ? undefined : COMMAND.exec(line)?.[1];
}

/** Of a document, the listings that change something; `ufw status` in another one is none of them. */
export function readCommands(file: SourceFile, account: Account): readonly Rule[] {
  const all = linesOf(file);
  const listings = betweenFences(all);
  const stretches = listings.filter((stretch) => linesIn(all, stretch).some(isChange));
  const excerpt = onlyStretches(file, stretches);
  const [first] = stretches;
  if (first !== undefined && listings.length > 1) {
    account.did(spotOn(file, first.first), `read: ${stretches.map(formatStretch).join(" and ")}; the rest is not`);
  }
  let others = 0;
  const rules = excerpt.lines.flatMap((line, index) => {
    if (/^\s*(?:#|$)/.test(line)) return [];
    const command = commandIn(line);
    if (command === undefined) others += 1;
    const column = line.length - line.trimStart().length + 1;
    return command === undefined ? [] : (commandRule(command, spotOn(file, index + 1, column), account) ?? []);
  });
  if (others > 0) account.did(spotOn(file, 1), `lines that are no command of ufw: ${others}; not read`);
  return rules;
}

function commandRule(command: string, at: Spot, account: Account): Rule | undefined {
  const words = wordsOf(command).filter((word) => !word.startsWith("--"));
  const [verb = "", next = ""] = words;
  if (verb === "default") {
    tellOfPolicy(words, at, account);
    return undefined;
  }
  if (["delete", "insert", "prepend"].includes(verb) || (verb === "route" && next !== "allow")) {
    const message = `${quote(`ufw ${command.trim()}`, 120)} changes the order of rules or takes one away`;
    account.report.add("not-followed", at, message, "give what ufw show added prints: it has the result");
    return undefined;
  }
  if (!["allow", "deny", "reject", "limit", "route"].includes(verb)) {
    account.did(at, `ufw ${command.trim()}: no rule; nothing to take over`);
    return undefined;
  }
  const written = parsed(verb === "route" ? words.slice(1) : words);
  if (written !== undefined) {
    const direction = verb === "route" ? "forward" : written.direction;
    return ruleOf({ ...written, at, direction, text: `ufw ${command}` }, account);
  }
  // What cannot be read may be a denial, which must not be lost.
  const code = verb === "allow" || verb === "limit" ? "rule-left-out" : "not-followed";
  const message = `${quote(`ufw ${command.trim()}`, 120)} cannot be read`;
  account.report.add(code, at, message, "write it as ufw show added prints it");
  return undefined;
}

function tellOfPolicy(words: readonly string[], at: Spot, account: Account): void {
  const [, policy = "", which = "incoming"] = words;
  if (policy === "allow" && which === "incoming") {
    const message = "everything that no rule denies may come in, so the rules do not say who may";
    account.report.add("rule-left-out", at, message, "name who may come: nothing listed means nobody enters");
  } else {
    const why =
      which === "incoming" ? "as it is here: nothing listed means nobody enters" : "no rule of who may come in";
    account.did(at, `ufw ${words.join(" ")}: ${why}`);
  }
}

interface Parse {
  from: string;
  to: string;
  port: string;
  sourcePort: string;
  protocol: string;
  direction: "in" | "out";
  interface?: string;
  comment?: string;
}

/** ufw(8), "RULE SYNTAX": the simple form (`allow 22/tcp`), and the full one in which each part has its word. */
function parsed(words: readonly string[]): Omit<Written, "at" | "text"> | undefined {
  const [action = "", ...rest] = words;
  const rule: Parse = { from: "any", to: "any", port: "any", sourcePort: "any", protocol: "any", direction: "in" };
  const queue = [...rest];
  let side: "from" | "to" | undefined;
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "in" || word === "out") rule.direction = word;
    else if (word === "log" || word === "log-all") continue;
    else if (word === "from" || word === "to") rule[(side = word)] = queue.shift() ?? "";
    else if (word === "on") rule.interface = queue.shift() ?? "";
    else if (word === "proto") rule.protocol = queue.shift() ?? "";
    else if (word === "comment") rule.comment = queue.shift() ?? "";
    else if (word === "port" || word === "app") rule[side === "from" ? "sourcePort" : "port"] = queue.shift() ?? "";
    else if (side !== undefined || rule.port !== "any") return undefined;
    else [rule.port = "", rule.protocol = "any"] = word.split("/");
  }
  if ([rule.from, rule.to, rule.port, rule.sourcePort, rule.protocol].includes("")) return undefined;
  const isIpv6 = rule.from.includes(":") || rule.to.includes(":");
  return { action, ...rule, from: anyOf(rule.from), to: anyOf(rule.to), isIpv6 };
}

function anyOf(address: string): string {
  return ["0.0.0.0/0", "::/0", "anywhere"].includes(address.toLowerCase()) ? "any" : address;
}

/** As a shell parts them, as far as ufw needs it: quotes, and a `#` that begins a comment. */
function wordsOf(command: string): readonly string[] {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|#.*$|[^\s'"]+/g)].filter(([whole]) => !whole.startsWith("#"));
  return words.map(([whole, single, double]) => single ?? double ?? whole);
}
