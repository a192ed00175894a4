/**
 * cloud-init: the user-data by which an Ubuntu 22.04 machine becomes a gateway's host, with systemd alone or with Docker.
 *
 * It holds no secret and no inventory: user-data can be read by whoever is on the machine, and clouds take 16 to 64 KiB.
 * Everything that a person must still bring is named in its last message.
 */
import { cannotRender } from "../cannot-render.ts";
import { isTailscale } from "../gateway-places.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { dockerHost } from "./docker-host.ts";
import { FIREWALL, firewallScript } from "./firewall.ts";
import { guardFiles } from "./guard-files.ts";
import { systemdHost } from "./systemd-host.ts";
import { TAILSCALE, tailscaleUp } from "./tailscale.ts";
import { type Host, userData } from "./user-data.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  const { gateway } = subject.inventory;
  if (!isTailscale(gateway)) {
    const problem = `gateway.tunnel.interface is ${gateway.tunnel.interface}, and only Tailscale is set up here`;
    throw cannotRender(
      "cloud-init",
      problem,
      "leave gateway.tunnel.interface out, or set the host up by hand: docs/render.md",
    );
  }
  return [file("systemd", subject, systemdHost(subject)), file("docker", subject, dockerHost(subject))];
}

function file(form: string, subject: Subject, own: Host): RenderedFile {
  const host: Host = {
    sources: [TAILSCALE, ...own.sources],
    packages: ["tailscale", "ufw", ...own.packages],
    files: [{ path: FIREWALL, mode: "0755", text: firewallScript(subject) }, ...guardFiles(subject), ...own.files],
    commands: [
      ["systemctl", "daemon-reload"],
      [FIREWALL],
      ["systemctl", "enable", "--now", "ecluse-guard-route.service"],
      ...tailscaleUp(),
      ...own.commands,
    ],
    left: own.left,
  };
  return { path: `cloud-init/${form}.yaml`, first: "#cloud-config", comment: "#", body: userData(host) };
}
