/** The host itself: its address, its clock, who may read the inventory, and the way in for its administrators. */
import { formatAddress } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { reading, textOf } from "../../audit/facts.ts";
import { addressesOf } from "../../audit/parse/network.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { type Diagnosis, absent, fine, trouble, unread } from "../diagnosis.ts";
import { hasSecondRing } from "../rings.ts";
import { isLoopback } from "../tunnelled-depots.ts";
import { ufwState } from "../ufw-state.ts";

export function checkHost(audited: Audited): readonly Diagnosis[] {
  return [
    ...gatewayAddress(audited),
    clock(audited),
    ...inventoryMode(audited),
    sshRule(audited),
    tunnelBeforeUfw(audited),
  ];
}

/** Of every address that a door is on: `gateway.address`, and those of the flows that listen elsewhere. */
function gatewayAddress({ facts, doors }: Audited): readonly Diagnosis[] {
  const wanted = [...new Set(doors.map(({ endpoint }) => endpoint.address))].filter((address) => address !== 0);
  if (wanted.length === 0) return [];
  const addresses = addressesOf(facts);
  if (addresses.length === 0) {
    return [unread("gateway-address", facts, "addresses", "the addresses of this host could not be read")];
  }
  const evidence = {
    source: "ip -j address",
    line: addresses.map(({ address, interface: name }) => `${name} ${formatAddress(address)}`).join("\n"),
  };
  return wanted.map((each) => {
    const text = formatAddress(each);
    if (addresses.some(({ address }) => address === each) || isLoopback(each)) {
      return fine("gateway-address", `the host has ${text}`, evidence);
    }
    return trouble("gateway-address", {
      what: `the host does not have ${text}, on which doors are`,
      evidence,
      fix: "bring it up before the gateway starts (After=network-online.target), or correct the inventory",
    });
  });
}

function clock({ facts }: Audited): Diagnosis {
  const text = textOf(facts, "clock");
  const synchronized = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1];
  const evidence = { source: "timedatectl show", line: text.trim() };
  if (synchronized === "yes") return fine("clock", "the clock is set by NTP", evidence);
  if (synchronized === undefined) {
    const said = unread("clock", facts, "clock", "whether the clock is set by NTP could not be read");
    return {
      ...said,
      fix: "look by hand: timedatectl, chronyc tracking, or the clock of the machine that this one runs on",
    };
  }
  return trouble("clock", { what: "the clock is not set by NTP", evidence, fix: "timedatectl set-ntp true" });
}

/** Not part of a bundle of `ecluse facts`: whoever examines one has the inventory elsewhere. */
function inventoryMode({ facts }: Audited): readonly Diagnosis[] {
  const read = reading(facts, "inventory-file");
  if (read === undefined) return [];
  const lines = read.text.split("\n").filter((line) => /^[0-7]{3,4} \S+ \S+ ./.test(line));
  if (lines.length === 0 || read.failed !== undefined) {
    return [unread("inventory-mode", facts, "inventory-file", "who may read the inventory could not be read")];
  }
  return lines.map((line) => modeOf(line, read.source));
}

/** `640 ecluse root /etc/ecluse/ecluse.yaml` */
function modeOf(line: string, source: string): Diagnosis {
  const [, mode = "", file = ""] = /^([0-7]+) \S+ \S+ (.+)$/.exec(line) ?? [];
  const [group, others] = [mode.at(-2), mode.at(-1)].map(Number) as [number, number];
  const evidence = { source, line: escapeControls(line) };
  const name = escapeControls(file);
  const isWritten = ((group | others) & 2) !== 0;
  if (others === 0 && !isWritten) return fine("inventory-mode", `others cannot read ${name}`, evidence);
  return trouble("inventory-mode", {
    what: `${name} can be ${isWritten ? "written" : "read"} by others than its owner`,
    evidence,
    fix: `chmod 640 '${name.replaceAll("'", `'\\''`)}'`,
  });
}

function sshRule(audited: Audited): Diagnosis {
  const { facts } = audited;
  const state = ufwState(facts);
  if (state === "absent" || state === "inactive") {
    return absent("ssh-rule", "UFW is not active here", { source: "ufw status", line: textOf(facts, "ufw").trim() });
  }
  const rules = reading(facts, "ufw-rules");
  if (state === "unknown") return unread("ssh-rule", facts, "ufw", "whether UFW is active could not be read");
  if (rules === undefined || rules.failed !== undefined) {
    return unread("ssh-rule", facts, "ufw-rules", "UFW's rules could not be read");
  }
  const ports = sshPorts(audited);
  const tuples = rules.text.split("\n").filter((line) => ports.some((port) => letsIn(line, port)));
  const evidence = { source: "cat /etc/ufw/user.rules", line: tuples.map(escapeControls).join("\n") };
  if (tuples.length > 0) return fine("ssh-rule", "UFW lets administrators in by SSH", evidence);
  return trouble("ssh-rule", {
    what: `UFW is active and no rule lets anybody in by SSH (port ${ports.join(", ")})`,
    evidence,
    fix: `ufw allow from ADMINISTRATOR proto tcp to any port ${ports[0] ?? 22} (ecluse render ufw writes it first)`,
  });
}

/** Where sshd listens, as far as its name can be read. */
function sshPorts({ listeners }: Audited): readonly number[] {
  const ports = listeners.filter(({ owner }) => owner?.program === "sshd").map(({ port }) => port);
  return ports.length === 0 ? [22] : [...new Set(ports)];
}

/** `### tuple ### allow tcp 22 0.0.0.0/0 any 192.0.2.10 in`: action, protocol, ports (`any`, `22,80`, `20:30`). */
function letsIn(line: string, port: number): boolean {
  const [, ports] =
    /^### tuple ### (?:allow|limit)\S* (?:tcp|any) (\S+) .* in(?:_\S+)?(?: comment=\S*)?$/.exec(line) ?? [];
  return (ports ?? "").split(",").some((part) => {
    const [first = "", last = first] = part.split(":");
    return part === "any" || (first !== "" && Number(first) <= port && port <= Number(last));
  });
}

function tunnelBeforeUfw({ facts, inventory }: Audited): Diagnosis {
  const code = "tunnel-before-ufw";
  const name = inventory.gateway.tunnel.interface;
  const texts = ["iptables-nft", "iptables-legacy"].map((id) => textOf(facts, id));
  const state = ufwState(facts);
  if (state === "absent" || state === "inactive") {
    return absent(code, "UFW is not active here", { source: "ufw status", line: textOf(facts, "ufw").trim() });
  }
  if (texts.every((text) => text.trim() === ""))
    return unread(code, facts, "iptables-nft", "the firewall could not be read");
  const line = texts.flatMap((text) => acceptedFirst(text.split("\n"), name)).join("\n");
  const evidence = { source: "iptables-save", line };
  if (line === "") return fine(code, `UFW is asked about what comes by ${name}`, evidence);
  if (hasSecondRing(facts))
    return fine(code, `the second ring judges what comes by ${name} before it is accepted`, evidence);
  return trouble(code, {
    what: `whoever comes by ${name} is accepted before UFW is asked`,
    evidence,
    fix: "load the second ring: ecluse render nftables; it comes before both. The gateway itself refuses whom the inventory does not list",
  });
}

/** The rule that accepts, and the one that leads to it, where they come before UFW's. */
function acceptedFirst(rules: readonly string[], name: string): readonly string[] {
  const accepts = rules.find((rule) => rule.startsWith(`-A ts-input -i ${name} `) && rule.endsWith("-j ACCEPT"));
  const leads = rules.findIndex((rule) => rule === "-A INPUT -j ts-input");
  const ufw = rules.findIndex((rule) => rule.startsWith("-A INPUT -j ufw-"));
  return accepts === undefined || leads < 0 || (ufw >= 0 && ufw < leads) ? [] : [rules[leads] ?? "", accepts];
}
