/**
 * What the gateway's unit gives up. systemd.exec(5) explains each; `systemd-analyze security` adds them up.
 *
 * Not among them: `MemoryDenyWriteExecute=`, for V8 writes the code that it runs; `IPAddressDeny=`, for strangers are to be
 * refused and counted, not lost. DynamicUser= implies NoNewPrivileges=, ProtectSystem=strict, PrivateTmp=, RemoveIPC= and
 * RestrictSUIDSGID=.
 */
import type { Subject } from "../subject.ts";

const FIRST_UNPRIVILEGED_PORT = 1_024;

export function hardening(subject: Subject): string {
  const programsPackets = kernel(subject) || subject.inventory.gateway.shield === true;
  return `# As little as it needs. Not MemoryDenyWriteExecute=: V8 compiles while it runs.
${identity(subject)}
ProtectHome=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
${kernel(subject) ? "" : ONLY_PROCESSES}LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
# The doors and the terminals are IPv4; commands come by a unix socket${programsPackets ? "; nft speaks netlink" : ""}.
RestrictAddressFamilies=AF_INET AF_UNIX${programsPackets ? " AF_NETLINK" : ""}
SystemCallArchitectures=native
# Refused with an error, not with a signal: Node tries what it can do without, io_uring for one.
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
${chown(subject)}`;
}

/** A table that the kernel engine has left counts until the machine is started anew: `src/engine/kernel/table/table-mark.ts`. */
const ONLY_PROCESSES = `ProcSubset=pid
# Which start of the machine this is, the kernel's own word for which that hides.
Environment=ECLUSE_BOOT=%b
`;

/** A low port, a group and the packet filter are the host's, which a user namespace of one's own does not know. */
function identity(subject: Subject): string {
  const group = subject.inventory.gateway.controlGroup;
  const needed = capabilities(subject);
  const names = needed.map(({ capability }) => capability).join(" ");
  return [
    ...(group === undefined ? [] : ["# gateway.control.group", `SupplementaryGroups=${group}`]),
    ...needed.map(({ reason }) => `# ${reason}`),
    `CapabilityBoundingSet=${names}`,
    ...(needed.length === 0 ? [] : [`AmbientCapabilities=${names}`]),
    ...(group === undefined && needed.length === 0 ? ["PrivateUsers=yes"] : []),
  ].join("\n");
}

interface Needed {
  readonly capability: string;
  readonly reason: string;
}

function capabilities(subject: Subject): readonly Needed[] {
  if (kernel(subject)) return [{ capability: "CAP_NET_ADMIN", reason: "To change nftables, and read conntrack." }];
  const { inventory, policy } = subject;
  const hasLowPort = policy.flows.some(
    ({ kind, endpoints }) => kind === "relayed" && endpoints.some(({ port }) => port < FIRST_UNPRIVILEGED_PORT),
  );
  const shield = "gateway.shield: the program nft writes one table of the packet filter.";
  return [
    ...(hasLowPort ? [{ capability: "CAP_NET_BIND_SERVICE", reason: "For a port below 1024." }] : []),
    ...(inventory.gateway.shield === true ? [{ capability: "CAP_NET_ADMIN", reason: shield }] : []),
  ];
}

/** The kernel engine listens on no port; it changes rules, and reads in /proc/sys whether the host forwards. */
function kernel({ inventory: { gateway } }: Subject): boolean {
  return gateway.engine === "kernel";
}

function chown({ inventory: { gateway } }: Subject): string {
  return gateway.controlGroup === undefined ? "" : "# To give the socket to its group.\nSystemCallFilter=@chown\n";
}
