/** The source `depots` means the subnet routers' addresses; without routers it would mean nobody, and nobody said so. */
import type { Facts } from "../facts.ts";
import { sourceOf } from "./source-any.ts";

export function checkDepotsSource(facts: Facts): void {
  const written = facts.data.gateway.tunnel?.routers ?? [];
  if (written.length > 0) return;
  for (const { path, items } of facts.lists) {
    items.forEach((item, index) => {
      if (sourceOf(item) !== "depots") return;
      const message = "`depots` stands for the subnet routers, and there are none";
      const hint = "list them in gateway.tunnel.routers";
      facts.complain({ code: "depots-without-routers", path: [...path, index], message, hint });
    });
  }
}
