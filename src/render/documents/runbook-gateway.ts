/** The gateway's four phases: the machine, its network, the program, and the proof. */
import { formatAddress, formatNetwork, overlaps, parseNetwork } from "@ecluse/guard/address";
import type { Endpoint, Source } from "../../inventory/model.ts";
import type { RelayedFlow } from "../../policy/policy.ts";
import { type Subject, comersOf, rightsOf } from "../subject.ts";
import type { Block } from "./document.ts";
import { someAddressesOf } from "./flow-words.ts";
import { formatEndpoint } from "./place.ts";
import { heading, run, say, warn } from "./steps.ts";
import type { Words } from "./words.ts";

/** None where the gateway relays nothing. */
export function gatewayPhases(subject: Subject, words: Words): readonly Block[] {
  if (relayedFlows(subject).length === 0) return [];
  const { phases } = words.runbook;
  return [
    heading(phases[0]),
    ...machine(subject, words),
    heading(phases[1]),
    ...network(subject, words),
    heading(phases[2]),
    ...program(subject, words),
    heading(phases[3]),
    ...proof(subject, words),
    ...later(words),
  ];
}

function relayedFlows({ policy }: Subject): readonly RelayedFlow[] {
  return policy.flows.filter((flow) => flow.kind === "relayed");
}

function machine({ inventory }: Subject, { runbook }: Words): readonly Block[] {
  const tunnel = isTailscale(inventory.gateway.tunnel.interface)
    ? [
        say(runbook.tailscale),
        run(
          "curl -fsSL https://tailscale.com/install.sh | sh",
          "sudo tailscale up --accept-routes",
          "tailscale status",
        ),
      ]
    : [];
  return [
    say(runbook.system),
    run("sudo apt-get update", "sudo apt-get -y upgrade"),
    ...tunnel,
    say(runbook.node),
    run("ecluse --version"),
  ];
}

function isTailscale(name: string): boolean {
  return name.startsWith("tailscale");
}

function network(subject: Subject, words: Words): readonly Block[] {
  return [...firewall(subject, words), ...docker(subject, words), ...routes(subject, words), ...reach(subject, words)];
}

/** Enabling a firewall that lets no administrator in would be the last thing they did. */
function firewall(subject: Subject, { runbook }: Words): readonly Block[] {
  if (rightsOf(subject.inventory.ssh, subject).length === 0) return [warn(runbook.noSsh)];
  return [
    say(runbook.ssh),
    say(runbook.firewall),
    run("ecluse render ufw --out ufw/", "less ufw/*", "sudo ufw status numbered"),
    say(runbook.ring),
  ];
}

const DOCKER_BRIDGE = parseNetwork("172.17.0.0/16");

function docker({ inventory: { gateway, depots } }: Subject, { runbook }: Words): readonly Block[] {
  const plan = gateway.terminals.network;
  if (depots.length === 0 || "kind" in DOCKER_BRIDGE || !overlaps(plan, DOCKER_BRIDGE)) return [];
  return [warn(runbook.docker(formatNetwork(plan)))];
}

function routes({ inventory }: Subject, { runbook }: Words): readonly Block[] {
  const { tunnel } = inventory.gateway;
  if (inventory.depots.length === 0) return [];
  const table = isTailscale(tunnel.interface) ? ["ip route show table 52"] : [];
  const targets = firstTerminals(inventory.depots).map(({ address }) => formatAddress(address));
  return [
    ...tunnel.routers.flatMap((router) => [
      say(runbook.router(formatAddress(router))),
      run(`${isTailscale(tunnel.interface) ? "tailscale ping" : "ping -c 3"} ${formatAddress(router)}`),
    ]),
    ...(tunnel.routers.length === 1 ? [say(runbook.oneRouter)] : []),
    say(runbook.routes(tunnel.interface)),
    run(...table, ...loop("address", targets, 'ip route get "$address"')),
  ];
}

function reach({ inventory }: Subject, { runbook }: Words): readonly Block[] {
  const targets = firstTerminals(inventory.depots);
  if (targets.length === 0) return [];
  const pairs = targets.map(({ address, port }) => `${formatAddress(address)}:${port}`);
  return [say(runbook.reach), run(...loop("door", pairs, 'nc -vz -w 5 "${door%:*}" "${door#*:}"'))];
}

function firstTerminals(depots: Subject["inventory"]["depots"]): readonly Endpoint[] {
  return depots.flatMap(({ terminals: [first] }) => (first === undefined ? [] : [first]));
}

/** A shell's loop, at most six words a line. */
function loop(variable: string, words: readonly string[], command: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 6) lines.push(words.slice(at, at + 6).join(" "));
  return [`for ${variable} in ${lines.join(" \\\n  ")}; do`, `  ${command}`, "done"];
}

function program(subject: Subject, words: Words): readonly Block[] {
  const { file, policy } = subject;
  const { runbook } = words;
  return [
    say(runbook.check),
    run(`ecluse check --inventory ${file}`, `ecluse check --inventory ${file} --show`),
    say(runbook.install),
    run(
      "sudo install -d /etc/ecluse",
      `sudo install -m 0644 ${file} /etc/ecluse/ecluse.yaml`,
      "ecluse render all --inventory /etc/ecluse/ecluse.yaml --out rendered/",
    ),
    say(runbook.start),
    run("ecluse render systemd --inventory /etc/ecluse/ecluse.yaml --out unit/", "systemctl status ecluse.service"),
    say(runbook.container),
    run("ecluse render compose --inventory /etc/ecluse/ecluse.yaml --out container/"),
    say(runbook.doors(policy.doors.size)),
    run("ecluse status", `ss -tlnH src ${formatAddress(subject.inventory.gateway.address)} | wc -l`),
    say(runbook.tryEach),
    ...dashboard(subject, words),
  ];
}

/** Loopback's port is taken over ssh, with the same number on both ends: its pages answer to that name alone. */
function dashboard({ inventory: { gateway } }: Subject, { runbook }: Words): readonly Block[] {
  if (gateway.dashboard === undefined) return [];
  const place = formatEndpoint(gateway.dashboard);
  const tunnel = `ssh -N -L ${gateway.dashboard.port}:${place} ${formatAddress(gateway.address)}`;
  return [
    say(runbook.dashboard(place)),
    run("sudo ecluse dashboard --url --inventory /etc/ecluse/ecluse.yaml", tunnel),
  ];
}

function proof(subject: Subject, words: Words): readonly Block[] {
  const { runbook } = words;
  return [
    ...authorised(subject, words),
    ...refused(subject, words),
    say(runbook.logs),
    run(
      "ecluse journal --from 1h",
      "journalctl --unit ecluse.service --since -1h",
      "sudo tail /var/log/ufw.log",
      ...(isTailscale(subject.inventory.gateway.tunnel.interface) ? ["tailscale netcheck"] : []),
    ),
    say(runbook.load),
  ];
}

/** One door for each source that has a right: the first that it may enter. */
function authorised(subject: Subject, words: Words): readonly Block[] {
  const { runbook } = words;
  const tried = new Map<Source, Endpoint>();
  for (const flow of relayedFlows(subject)) {
    const [door] = flow.endpoints;
    // Behind balancers nobody comes by himself.
    if (door === undefined || flow.acceptProxy !== undefined) continue;
    for (const { source } of rightsOf(flow.grants, subject)) if (!tried.has(source)) tried.set(source, door);
  }
  if (tried.size === 0) return [];
  return [
    ...[...tried].flatMap(([source, door]) => [
      say(runbook.authorised(source.name, someAddressesOf(source, words))),
      run(knock(door)),
    ]),
    say(runbook.authorisedExpected),
  ];
}

/** A terminal is asked nothing: no byte is sent, and curl leaves. */
function knock(endpoint: Endpoint): string {
  return `sleep 6 | curl -v --connect-timeout 3 --max-time 5 telnet://${formatEndpoint(endpoint)}`;
}

function refused(subject: Subject, words: Words): readonly Block[] {
  const { runbook } = words;
  const flow = relayedFlows(subject).find((each) => !isOpenToAll(each, subject));
  const [door] = flow?.endpoints ?? [];
  if (flow === undefined || door === undefined) return [warn(runbook.everybodyMayEnter)];
  const stranger = strangerTo(flow, subject);
  return [
    say(runbook.refused),
    run(knock(door)),
    ...(stranger === undefined
      ? []
      : [say(runbook.refusedSource(stranger.name, someAddressesOf(stranger, words))), run(knock(door))]),
    say(runbook.refusedExpected),
    run("ecluse refusals --from 1h"),
  ];
}

function isOpenToAll(flow: RelayedFlow, subject: Subject): boolean {
  return comersOf(flow, subject).some(({ prefix }) => prefix === 0);
}

/** A source of the inventory that is not among a flow's, by any of its addresses. */
function strangerTo(flow: RelayedFlow, subject: Subject): Source | undefined {
  const comers = comersOf(flow, subject);
  return subject.inventory.sources.find(({ networks }) =>
    networks.every((network) => !comers.some((comer) => overlaps(comer, network))),
  );
}

function later({ runbook }: Words): readonly Block[] {
  return [
    heading(runbook.changes),
    say(runbook.changesText),
    run("ecluse plan", "ecluse apply --confirm 60s", "ecluse confirm", "ecluse render all --out rendered/"),
    say(runbook.back),
    run("ecluse rollback", "sudo systemctl stop ecluse.service"),
  ];
}
