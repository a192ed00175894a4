/** The filters of `ecluse render` that stand before Docker and Tailscale, where they are loaded. */
import { type HostFacts, textOf } from "../audit/facts.ts";

/** The table of `ecluse render nftables`: it drops before the address is translated, and before INPUT. */
export function hasSecondRing(facts: HostFacts): boolean {
  return /"table": *\{[^{}]*"name": *"ecluse_ring"/.test(textOf(facts, "nftables"));
}

/** The chain of `ecluse render docker-user`. */
export function filtersDocker(facts: HostFacts): boolean {
  const lines = ["iptables-nft", "iptables-legacy"].flatMap((id) => textOf(facts, id).split("\n"));
  return lines.includes("-A DOCKER-USER -j ECLUSE") && lines.some((line) => /^-A ECLUSE .*-j DROP$/.test(line));
}
