/**
 * The table of what is read of a host. Commands only read; what may hold a secret is cut down to what is compared.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Inventory } from "../inventory/model.ts";
import { keptOfNginx } from "./parse/nginx-directives.ts";
import type { Asking } from "./script.ts";

/** What is read of every host. */
const ALWAYS: readonly Asking[] = [
  { id: "system", command: "uname -sr; cat /etc/os-release; id -u; date -u +%s" },
  // Every network namespace once, by the first process found in it; the host's own first.
  {
    id: "sockets",
    command: `seen=; for p in self 1 $(ls /proc | grep '^[0-9]'); do
      ns=$(readlink /proc/$p/ns/net) || continue
      case " $seen " in *" $ns "*) continue;; esac; seen="$seen $ns"
      for kind in tcp tcp6 udp udp6; do
        echo "== $ns $kind $p"; awk -v k=$kind 'NR > 1 && (k ~ /udp/ || $4 == "0A")' /proc/$p/net/$kind
      done
    done 2>/dev/null; true`,
  },
  { id: "owners", command: "find /proc/[0-9]*/fd -lname 'socket:*' -printf '%p %l\\n' 2>/dev/null; true" },
  // Of its control groups those that name a unit or a container: cgroups(7), the older ones are many.
  {
    id: "programs",
    command: `grep -s -H '' /proc/[0-9]*/comm; grep -s -H -E '^0::|name=systemd|[0-9a-f]{64}' /proc/[0-9]*/cgroup; true`,
  },
  { id: "addresses", command: "ip -j address" },
  { id: "rules", command: "ip -j rule" },
  { id: "routes", command: "ip -j route show table all" },
  { id: "iptables-nft", command: "iptables-nft-save || iptables-save" },
  { id: "iptables-legacy", command: "iptables-legacy-save" },
  { id: "ip6tables", command: "ip6tables-save" },
  { id: "nftables", command: "nft -j list ruleset" },
  {
    id: "ufw",
    // Whether it stands is asked as `ufw status` asks it (ufw's backend_iptables.py, get_status), which then takes seconds
    // over 7,128 rules; who may not look gets another code, and no word.
    command:
      "grep -H '^[A-Z]' /etc/ufw/ufw.conf /etc/default/ufw || exit 0; iptables -n -L ufw-user-output >/dev/null; " +
      "case $? in 0) echo 'Status: active';; 1) echo 'Status: inactive';; esac",
  },
  { id: "ufw-rules", command: "cat /etc/ufw/user.rules" },
  { id: "ufw-rules6", command: "cat /etc/ufw/user6.rules" },
  { id: "ufw-own", command: "grep -H '^-A' /etc/ufw/before.rules /etc/ufw/after.rules" },
  {
    id: "docker",
    command:
      // In two steps: of a pipe only the last program's failure is seen.
      'ids=$(docker ps -q --no-trunc) || exit; printf %s "$ids" | xargs -r docker inspect --format ' +
      `'{"id":{{json .Id}},"name":{{json .Name}},"image":{{json .Config.Image}},"pid":{{json .State.Pid}},"network":{{json .HostConfig.NetworkMode}},"ports":{{json .NetworkSettings.Ports}}}'`,
  },
  {
    id: "docker-networks",
    command: `ids=$(docker network ls -q) || exit; printf %s "$ids" | xargs -r docker network inspect --format '{"name":{{json .Name}},"driver":{{json .Driver}},"pools":{{json .IPAM.Config}}}'`,
  },
  { id: "docker-daemon", command: "cat /etc/docker/daemon.json" },
  // Names, addresses, keys' ends; never a key.
  { id: "tailscale", command: "tailscale status --json", keep: withoutKeys },
  {
    id: "tailscale-prefs",
    command: `tailscale debug prefs | grep -E '"(RouteAll|WantRunning|AdvertiseRoutes|NetfilterMode)"'`,
  },
  {
    id: "kernel",
    command:
      "grep -s -H '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_local_port_range /proc/sys/net/ipv4/ip_local_reserved_ports " +
      "/proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/netfilter/nf_conntrack_max " +
      "/proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/ipv6/conf/all/disable_ipv6 /proc/sys/fs/file-max; true",
  },
  { id: "limits", command: "grep -s -H 'Max open files' /proc/[0-9]*/limits; true" },
  { id: "clock", command: "timedatectl show -p NTPSynchronized -p NTP" },
  { id: "nginx", command: "nginx -T", keep: keptOfNginx },
];

/** Some of what is read of every host. */
export function askingsNamed(...ids: readonly string[]): readonly Asking[] {
  return ALWAYS.filter(({ id }) => ids.includes(id));
}

/** What is read of one host of an inventory: the gateway, or a back-end machine. */
export function askingsFor(inventory: Inventory, host: string): readonly Asking[] {
  const machine = inventory.machines.find(({ name }) => name === host);
  const services = inventory.services.filter((service) => service.machine === host);
  const units = [...services.flatMap(({ unit }) => unit ?? []), ...(machine === undefined ? ["ecluse"] : [])];
  return [...ALWAYS, ...units.map(unitAsking), ...(machine === undefined ? routeAskings(inventory) : [])];
}

/** A unit as it is loaded, with its drop-ins; of its environment only what says where it listens and whom it lets in. */
function unitAsking(unit: string): Asking {
  const properties =
    "LoadState,ActiveState,NeedDaemonReload,FragmentPath,DropInPaths,Environment,IPAddressAllow,IPAddressDeny,RestrictAddressFamilies,ExecMainPID";
  return {
    id: `unit:${unit}`,
    command:
      `systemctl show -p ${properties} -- '${unit}.service' || exit; echo '== process'; ` +
      `pid=$(systemctl show -p ExecMainPID --value -- '${unit}.service'); [ "$pid" -gt 0 ] && ` +
      `tr '\\0' '\\n' < "/proc/$pid/environ" | grep -E '^([A-Z0-9_]*_HOST|ALLOWED_SOURCE_IP)='; true`,
    keep: (text) => text.replaceAll(/^Environment=.*$/gm, (line) => `Environment=${telling(line)}`),
  };
}

function telling(line: string): string {
  return [...line.matchAll(/\b(?:[A-Z0-9_]*_HOST|ALLOWED_SOURCE_IP)=\S*/g)].map(([word]) => word).join(" ");
}

/** The way to one terminal of each depot, as the kernel would choose it now. */
function routeAskings({ depots }: Inventory): readonly Asking[] {
  const commands = depots.flatMap(({ number, terminals: [first] }) =>
    first === undefined
      ? []
      : [`echo "== ${number} ${formatAddress(first.address)}"; ip -j route get ${formatAddress(first.address)} 2>&1`],
  );
  return commands.length === 0 ? [] : [{ id: "ways", command: `${commands.join("; ")}; true` }];
}

function withoutKeys(text: string): string {
  return text.replaceAll(
    /^.*"(?:PublicKey|NodeKey|DiscoKey|PrivateKey|AuthURL|MachineKey|sshHostKeys|Capabilities|CapMap)".*\n/gim,
    "",
  );
}
