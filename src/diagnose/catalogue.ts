/** Every check of `ecluse doctor`, with why it matters. `docs/doctor.md` explains each, and a test compares both ways. */

export const CHECKED = {
  "docker-bypasses-ufw":
    "Docker sends a published port past UFW's rules: whoever reaches the host reaches the container (docs.docker.com, packet filtering)",
  "docker-over-depots":
    "A container on a Docker network with a depot's addresses never reaches that depot, and neither does the host once the tunnel's routes are gone",
  "accept-routes": "Without accepted routes the host does not know the way to any depot",
  "tunnel-state": "Without the tunnel no terminal can be reached",
  "depot-router": "A depot that no router announces cannot be reached, whatever the inventory says",
  "key-expiry":
    "A node whose key has ended leaves the tunnel, and with it every depot behind it; keys last 180 days unless told otherwise",
  "relayed-path": "A path through a relay is slower, and depends on somebody else's server",
  "single-router": "With one router, its failure cuts every depot behind it",
  "way-to-terminals": "Payments that leave by another interface than the tunnel go in clear text, or nowhere",
  "way-without-tunnel":
    "When the tunnel stops, its routes go with it: without a guard route payments leave by the default route, in clear text",
  "tunnel-before-ufw":
    "Tailscale accepts all that comes by its interface before UFW is asked: only the gateway refuses there",
  mtu: "Larger packets than the tunnel carries are cut up or lost",
  descriptors: "A gateway out of descriptors accepts nobody",
  conntrack: "A full connection table drops new connections, of everybody",
  "ephemeral-range": "A port that the system gives to an outgoing connection cannot be opened as a door",
  "reverse-path":
    "A strict reverse-path filter drops answers that come back by the tunnel while the route says otherwise",
  "gateway-address": "A door on an address that the host does not have is not open",
  clock: "A wrong clock ends rights too early or too late, and makes the journal useless in a dispute",
  "ssh-rule": "A firewall without the administrators' rule locks them out when it is loaded",
  "inventory-mode":
    "The inventory says who may reach what: whoever can write it opens doors, whoever can read it knows where to knock",
  shield:
    "Without its table the process refuses strangers by itself, at its own cost; a table that nobody keeps shuts out who is allowed since",
  "kernel-table":
    "With the kernel engine the doors are its table; one left behind stands before the relay's doors, and lets in whom it let in",
} as const satisfies Readonly<Record<string, string>>;

export type DiagnosisCode = keyof typeof CHECKED;
