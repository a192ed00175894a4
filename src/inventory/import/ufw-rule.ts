/** What a rule of ufw says, whichever of its formats said it -> a rule that an inventory can have, or why it has none. */
import { parseNetwork } from "@ecluse/guard/address";
import { escapeControls, quote } from "../quote.ts";
import type { Spot } from "../tree.ts";
import type { Account } from "./account.ts";
import { parseSpan, type Rule, type Span } from "./draft.ts";

/** A rule as ufw has it; `any` stands for everything, as in its own files. */
export interface Written {
  readonly at: Spot;
  readonly text: string;
  /** `allow`, `deny`, `reject` or `limit`. */
  readonly action: string;
  readonly direction: "in" | "out" | "forward";
  readonly interface?: string;
  readonly protocol: string;
  /** A port, a range, several, or the name of an application. */
  readonly port: string;
  readonly to: string;
  readonly sourcePort: string;
  readonly from: string;
  readonly isIpv6: boolean;
  readonly comment?: string;
}

/** Names that ufw's own profiles and /etc/services give to ports; of others the file does not say which they are. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["ssh", "22"],
  ["openssh", "22"],
  ["http", "80"],
  ["www", "80"],
  ["https", "443"],
]);

const LONGEST = 160;

/** The rule; `undefined`: it was told why there is none. */
export function ruleOf(written: Written, account: Account): Rule | undefined {
  const { at, text, action } = written;
  if (written.direction === "out") {
    account.did(at, `${shown(text)}: outgoing; an inventory says who may come in`);
    return undefined;
  }
  if (written.isIpv6) {
    tellOfIpv6(written, account);
    return undefined;
  }
  if (action === "deny" || action === "reject") return denial(written, account);
  const obstacle = obstacleTo(written);
  const ports = portsOf(written.port);
  if (obstacle === undefined && ports !== undefined) return assembled(written, "allow", ports);
  const [why, hint] = obstacle ?? [`${quote(written.port)} is not a port`, "write it: to any port 10101 proto tcp"];
  account.report.add("rule-left-out", at, `${quote(text, LONGEST)}: ${why}`, hint);
  return undefined;
}

/** Why an inventory cannot say what the rule says, and what to write instead. */
function obstacleTo(written: Written): readonly [why: string, hint: string] | undefined {
  const { protocol, to } = written;
  const name = "name the addresses that may come";
  if (written.action === "limit") return ["a limit of attempts has no counterpart here", "allow those who may come"];
  if (written.interface !== undefined) return [`it holds for the interface ${quote(written.interface)} alone`, name];
  if (written.sourcePort !== "any") return ["it asks for the source's port", name];
  if (protocol !== "tcp" && protocol !== "any") {
    return [`it is for ${quote(protocol)}, which Ecluse does not carry`, "let another program carry it"];
  }
  if (written.port === "any") return ["it opens every port of the host", "write a rule for each port that is meant"];
  if (to !== "any" && networkOf(to) === undefined) return [`${quote(to)} is no address of this host`, "write any"];
  return undefined;
}

/** Nothing listed means nobody enters, so a denial says nothing new; but it may stand before an allowance. */
function denial(written: Written, account: Account): Rule | undefined {
  account.did(written.at, `${shown(written.text)}: denied as everything that is not allowed`);
  if (!["tcp", "any"].includes(written.protocol)) return undefined;
  const ports = written.port === "any" ? undefined : portsOf(written.port);
  return assembled(written, "deny", ports);
}

function tellOfIpv6(written: Written, account: Account): void {
  const { at, text, from } = written;
  if (from === "any" || written.action !== "allow") {
    account.did(at, `${shown(text)}: the same for IPv6, on which no door is offered`);
  } else {
    const message = `${quote(text, 120)}: an IPv6 source, and doors are offered on IPv4 only`;
    account.report.add("rule-left-out", at, message, "name the IPv4 address from which it comes");
  }
}

function assembled(written: Written, action: Rule["action"], ports: readonly Span[] | undefined): Rule | undefined {
  const { at, text, protocol, comment } = written;
  const to = written.to === "any" ? undefined : networkOf(written.to);
  return {
    at,
    text: shown(text),
    action,
    from: written.from === "any" ? "anyone" : (networkOf(written.from) ?? { standsFor: written.from }),
    opensUdpToo: protocol === "any",
    ...(ports === undefined ? {} : { ports }),
    ...(to === undefined ? {} : { to }),
    ...(written.direction === "forward" ? { isRouted: true } : {}),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** As the kernel takes it: host bits count for nothing. */
function networkOf(text: string): Exclude<Rule["to"], undefined> | undefined {
  const network = parseNetwork(text);
  if (!("kind" in network)) return network;
  return network.kind === "host-bits" ? network.meant : undefined;
}

function portsOf(text: string): readonly Span[] | undefined {
  const spans = (NAMED.get(text.toLowerCase()) ?? text).split(",").map(parseSpan);
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

/** Short, on one line, unable to steer a terminal. */
function shown(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return escapeControls(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line);
}
