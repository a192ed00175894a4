/** The shield asks more of a host than the gateway alone, and nothing beside an engine that refuses in the kernel itself. */
import type { Facts } from "../facts.ts";

const PATH = ["gateway", "shield"];

export function checkShield(facts: Facts): void {
  const { shield, engine } = facts.inventory.gateway;
  if (shield !== true) return;
  if (engine === "kernel") {
    const message = "the kernel engine refuses strangers in the kernel already";
    facts.complain({ code: "shield-not-needed", path: PATH, message, hint: "remove gateway.shield", which: "key" });
    return;
  }
  const message = "the shield stands only where the gateway may program the kernel (CAP_NET_ADMIN) by the program nft";
  const hint = "ecluse render systemd gives it that right; apt-get install nftables";
  facts.complain({ code: "shield-needs-right", path: PATH, message, hint, which: "key" });
}
