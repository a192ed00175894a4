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
${kernel(subject) ? "" : "ProcSubset=pid\n"}LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
# The doors and the terminals are IPv4; commands come by a unix socket.
RestrictAddressFamilies=AF_INET AF_UNIX${kernel(subject) ? " AF_NETLINK" : ""}
SystemCallArchitectures=native
# Refused with an error, not with a signal: Node tries what it can do without, io_uring for one.
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
${chown(subject)}`;
}

/** A low port and a group are both named in the host's terms, which a user namespace of one's own does not know. */
function identity(subject: Subject): string {
  const { gateway } = subject.inventory;
  const right = rightOf(subject);
  const group = gateway.controlGroup;
  return [
    ...(group === undefined ? [] : ["# gateway.control.group", `SupplementaryGroups=${group}`]),
    ...right,
    ...(group === undefined && right.length === 1 ? ["PrivateUsers=yes"] : []),
  ].join("\n");
}

function rightOf(subject: Subject): readonly string[] {
  if (kernel(subject)) return capability("To change nftables, and read conntrack.", "CAP_NET_ADMIN");
  const hasLowPort = subject.policy.flows.some(
    ({ kind, endpoints }) => kind === "relayed" && endpoints.some(({ port }) => port < FIRST_UNPRIVILEGED_PORT),
  );
  return hasLowPort ? capability("For a port below 1024.", "CAP_NET_BIND_SERVICE") : ["CapabilityBoundingSet="];
}

/** The kernel engine listens on no port; it changes rules, and reads in /proc/sys whether the host forwards. */
function kernel({ inventory: { gateway } }: Subject): boolean {
  return gateway.engine === "kernel";
}

function capability(why: string, name: string): readonly string[] {
  return [`# ${why}`, `CapabilityBoundingSet=${name}`, `AmbientCapabilities=${name}`];
}

function chown({ inventory: { gateway } }: Subject): string {
  return gateway.controlGroup === undefined ? "" : "# To give the socket to its group.\nSystemCallFilter=@chown\n";
}
