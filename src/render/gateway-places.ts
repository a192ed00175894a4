/** Where things are on a gateway's host: the same in the unit, in cloud-init and in their documents. */
import type { Gateway } from "../inventory/model.ts";

/** Node 24, as its packages install it, and a checkout of the program with its dependencies (`npm ci --omit=dev`). */
export const NODE_AND_PROGRAM =
  "/usr/bin/node --max-semi-space-size=2 --v8-pool-size=1 --conditions=source /opt/ecluse/src/cli/ecluse.js";

export const INVENTORY = "/etc/ecluse/ecluse.yaml";

/** Put there by an operator, never rendered. */
export const TAILSCALE_KEY = "/etc/ecluse/tailscale.key";

export const DEFAULT_STATE = "/var/lib/ecluse";

export const DEFAULT_CONTROL = "/run/ecluse/ecluse.sock";

/** Tailscale keeps its routes in a table of their own (52), asked before the main one; other tunnels use the main one. */
export function isTailscale({ tunnel }: Gateway): boolean {
  return tunnel.interface.startsWith("tailscale");
}
