/** The gateway's shield: whether the kernel has the table that the inventory asks for, and none that nobody keeps. */
import type { Audited } from "../../audit/audited.ts";
import { reading, textOf } from "../../audit/facts.ts";
import { type Diagnosis, fine, trouble, unread } from "../diagnosis.ts";

export function checkShield({ facts, inventory }: Audited): readonly Diagnosis[] {
  const isAsked = inventory.gateway.shield === true;
  const isRead = reading(facts, "nftables") !== undefined && reading(facts, "nftables")?.failed === undefined;
  if (!isRead) return isAsked ? [unread("shield", facts, "nftables", "whether the shield stands was not read")] : [];
  const [line] = /\{"table": *\{[^{}]*"name": *"ecluse_shield"[^{}]*\}/.exec(textOf(facts, "nftables")) ?? [];
  const evidence = { source: "nft -j list ruleset", line: line ?? "no table ip ecluse_shield" };
  if (isAsked && line !== undefined) return [fine("shield", "the kernel refuses strangers", evidence)];
  if (isAsked) {
    const what = "the inventory asks for a shield, and there is none";
    const fix =
      "see ecluse status; the gateway needs the programs nft (apt-get install nftables) and perl, and CAP_NET_ADMIN";
    return [trouble("shield", { what, evidence, fix })];
  }
  if (line === undefined) return [];
  const what = "a shield stands that the inventory does not ask for: it may shut out who is allowed";
  return [trouble("shield", { what, evidence, fix: "nft delete table ip ecluse_shield" })];
}
