/** For each service that the machine's own nginx serves, what its `server` block includes: IPv4 only, its sources only. */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import type { Machine, Service } from "../../inventory/model.ts";
import { isServedByNginx } from "../local-nginx.ts";
import { networksOf, type Subject } from "../subject.ts";

export interface Snippet {
  readonly name: string;
  readonly body: string;
}

export function listenSnippets(subject: Subject, machine: Machine): readonly Snippet[] {
  return subject.inventory.services
    .filter((service) => service.machine === machine.name && isServedByNginx(service))
    .map((service) => ({ name: `listen-${service.name}.conf`, body: listen(service, machine, subject) }));
}

function listen({ name, port, grants }: Service, { address }: Machine, subject: Subject): string {
  const allowed = networksOf(grants, subject).map((network) => `allow ${formatNetwork(network)};\n`);
  return `# Include this in the server block of ${name}, which says nothing of listen, allow and deny itself.
# No "listen ${port}" and no "listen [::]:${port}": those are every address.
listen ${formatAddress(address)}:${port};
# Judged by the peer of the connection: no set_real_ip_from here, it makes a header of the peer's the peer.
${allowed.join("")}deny all;
`;
}
