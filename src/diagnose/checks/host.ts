/** The host itself: its address, its clock, who may read the inventory, and the way in for its administrators. */
import { formatAddress } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { reading, textOf } from "../../audit/facts.ts";
import { addressesOf } from "../../audit/parse/network.ts";
import { type Diagnosis, fine, missing, trouble } from "../diagnosis.ts";

export function checkHost(audited: Audited): readonly Diagnosis[] {
  return [
    ...gatewayAddress(audited),
    clock(audited),
    ...inventoryMode(audited),
    ...sshRule(audited),
    ...tunnelBeforeUfw(audited),
  ];
}

function gatewayAddress({ facts, inventory }: Audited): readonly Diagnosis[] {
  const addresses = addressesOf(facts);
  if (addresses.length === 0 || inventory.depots.length === 0) return [];
  const wanted = inventory.gateway.address;
  const has = wanted === 0 || addresses.some(({ address }) => address === wanted);
  const evidence = {
    source: "ip -j address",
    line: addresses.map(({ address, interface: name }) => `${name} ${formatAddress(address)}`).join("\n"),
  };
  const text = formatAddress(wanted);
  if (has) return [fine("gateway-address", `the host has ${text}`, evidence)];
  return [
    trouble("gateway-address", {
      what: `the host does not have ${text}, on which the doors are`,
      evidence,
      fix: `bring it up before the gateway starts (After=network-online.target), or correct gateway.address`,
    }),
  ];
}

function clock({ facts }: Audited): Diagnosis {
  const text = textOf(facts, "clock");
  const synchronized = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1];
  const evidence = { source: "timedatectl show", line: text.trim() };
  if (synchronized === "yes") return fine("clock", "the clock is set by NTP", evidence);
  if (synchronized === undefined)
    return missing("clock", facts, "clock", "whether the clock is set by NTP could not be read");
  return trouble("clock", { what: "the clock is not set by NTP", evidence, fix: "timedatectl set-ntp true" });
}

/** `640 ecluse root /etc/ecluse/ecluse.yaml` */
function inventoryMode({ facts }: Audited): readonly Diagnosis[] {
  const text = textOf(facts, "inventory-file").trim();
  const [, mode = "", file = ""] = /^([0-7]{3,4}) \S+ \S+ (.+)$/.exec(text) ?? [];
  if (mode === "") return [];
  const evidence = { source: reading(facts, "inventory-file")?.source ?? "", line: text };
  const others = Number.parseInt(mode.slice(-1), 8);
  const group = Number.parseInt(mode.slice(-2, -1), 8);
  if (others === 0 && (group & 2) === 0) return [fine("inventory-mode", `others cannot read ${file}`, evidence)];
  const who = (others & 2) !== 0 || (group & 2) !== 0 ? "written" : "read";
  return [
    trouble("inventory-mode", {
      what: `${file} can be ${who} by others than its owner`,
      evidence,
      fix: `chmod 640 '${file}'`,
    }),
  ];
}

function sshRule({ facts }: Audited): readonly Diagnosis[] {
  if (!/^Status: active/m.test(textOf(facts, "ufw"))) return [];
  // ### tuple ### allow tcp 22 0.0.0.0/0 any 192.0.2.10 in
  const tuples = textOf(facts, "ufw-rules")
    .split("\n")
    .filter((line) => /^### tuple ### (?:allow|limit) (?:tcp|any) (?:22|\S*,22|22,\S*) /.test(line));
  const evidence = { source: "cat /etc/ufw/user.rules", line: tuples.join("\n") };
  if (tuples.length > 0) return [fine("ssh-rule", "UFW lets administrators in by SSH", evidence)];
  return [
    trouble("ssh-rule", {
      what: "UFW is active and no rule lets anybody in by SSH",
      evidence,
      fix: "ufw allow from ADMINISTRATOR proto tcp to any port 22 (ecluse render ufw writes it first)",
    }),
  ];
}

function tunnelBeforeUfw({ facts, inventory }: Audited): readonly Diagnosis[] {
  const rules = textOf(facts, "iptables-nft").split("\n");
  const accepts = rules.find(
    (line) =>
      line.startsWith("-A ts-input ") &&
      line.includes(`-i ${inventory.gateway.tunnel.interface}`) &&
      line.endsWith("-j ACCEPT"),
  );
  const [first, ufw] = ["-A INPUT -j ts-input", "-A INPUT -j ufw-"].map((start) =>
    rules.findIndex((line) => line.startsWith(start)),
  );
  if (accepts === undefined || first === undefined || first < 0 || ufw === undefined || ufw < first) return [];
  return [
    trouble("tunnel-before-ufw", {
      what: `whoever comes by ${inventory.gateway.tunnel.interface} is accepted before UFW is asked`,
      evidence: { source: "iptables-save", line: `${rules[first] ?? ""}\n${accepts}` },
      fix: "load the second ring: ecluse render nftables; it comes before both. The gateway itself refuses whom the inventory does not list",
    }),
  ];
}
