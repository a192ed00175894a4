/** Tailscale from its own repository, and how the machine joins: by a key in a file of its own, or by a person. */
import { TAILSCALE_KEY } from "../gateway-places.ts";
import type { AptSource } from "./user-data.ts";

/** https://tailscale.com/kb/1293/cloud-init; apt verifies every package by this key. */
export const TAILSCALE: AptSource = {
  name: "tailscale.list",
  source: "deb [signed-by=$KEY_FILE] https://pkgs.tailscale.com/stable/ubuntu $RELEASE main",
  key: "2596A99EAAB33821893C0A79458CA832957F5868",
};

/** Only where the key's file is there already: an image or another part of the user-data has put it. It is used once. */
export function tailscaleUp(): readonly (readonly string[])[] {
  const join = `tailscale up --accept-routes --auth-key=file:${TAILSCALE_KEY} && rm ${TAILSCALE_KEY}`;
  return [["sh", "-c", `if [ -s ${TAILSCALE_KEY} ]; then ${join}; fi`]];
}

export const JOIN_BY_HAND = "tailscale up --accept-routes";
