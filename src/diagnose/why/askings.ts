/** What `why` reads of this host: the least of what the doctor and an audit read, each with a short time. */
import { formatAddress } from "@ecluse/guard/address";
import { askingsNamed } from "../../audit/readings.ts";
import type { Asking } from "../../audit/script.ts";
import type { RelayedFlow } from "../../policy/policy.ts";

/** In groups that are read beside each other: each of them within three seconds, whatever hangs. */
export function whyAskings(flow: RelayedFlow): readonly (readonly Asking[])[] {
  return [onTheWay(flow), [{ id: "tailscale", command: "tailscale status --json", patience: 3 }], ...WALLS];
}

function onTheWay({ target, position }: RelayedFlow): readonly Asking[] {
  const to = formatAddress(target.address);
  return [
    {
      id: "sockets",
      command: `for kind in tcp tcp6; do echo "== here $kind self"; awk 'NR > 1 && $4 == "0A"' /proc/self/net/$kind; done`,
      patience: 2,
    },
    { id: "kernel", command: "grep -s -H '' /proc/sys/net/ipv4/ip_forward", patience: 1 },
    { id: "ways", command: `echo "== ${position?.depot ?? 0} ${to}"; ip -j route get ${to} 2>&1; true`, patience: 1 },
  ];
}

const WALLS: readonly (readonly Asking[])[] = [
  within(1, [
    ...askingsNamed("rules", "routes"),
    // Not its status: that takes UFW seconds where it has many rules.
    { id: "ufw", command: "grep -H '^[A-Z]' /etc/ufw/ufw.conf /etc/default/ufw" },
  ]),
  within(1, askingsNamed("ufw-rules", "iptables-legacy")),
  within(3, askingsNamed("iptables-nft")),
  within(3, askingsNamed("nftables")),
];

function within(patience: number, askings: readonly Asking[]): readonly Asking[] {
  return askings.map((asking) => ({ ...asking, patience }));
}
