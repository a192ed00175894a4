/** What `why` reads of this host: the least of what the doctor reads, each with a short time. */
import { formatAddress } from "@ecluse/guard/address";
import type { Asking } from "../../audit/script.ts";
import type { RelayedFlow } from "../../policy/policy.ts";

/** All of them within six seconds, whatever hangs. */
export function whyAskings({ target, position }: RelayedFlow): readonly Asking[] {
  const to = formatAddress(target.address);
  return [
    {
      id: "sockets",
      command: `for kind in tcp tcp6; do echo "== here $kind self"; awk 'NR > 1 && $4 == "0A"' /proc/self/net/$kind; done`,
      patience: 2,
    },
    { id: "ways", command: `echo "== ${position?.depot ?? 0} ${to}"; ip -j route get ${to} 2>&1; true`, patience: 1 },
    { id: "tailscale", command: "tailscale status --json", patience: 3 },
  ];
}
