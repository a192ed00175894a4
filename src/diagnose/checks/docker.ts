/** Docker beside UFW, and Docker's networks beside the depots. */
import { type Network, contains, formatNetwork, overlaps, parseAddress } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { reading } from "../../audit/facts.ts";
import { containersOf, dockerNetworksOf, newNetworksOf } from "../../audit/parse/docker.ts";
import type { Inventory } from "../../inventory/model.ts";
import { depotNetwork } from "../../inventory/numbering.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { DiagnosisCode } from "../catalogue.ts";
import { type Diagnosis, fine, trouble, unread, unreadOrAbsent } from "../diagnosis.ts";
import { filtersDocker, hasSecondRing } from "../rings.ts";
import { isLoopback } from "../tunnelled-depots.ts";
import { ufwState } from "../ufw-state.ts";

export function checkDocker(audited: Audited): readonly Diagnosis[] {
  return [
    answered(audited, "docker-networks", "docker-over-depots") ?? overDepots(audited),
    answered(audited, "docker", "docker-bypasses-ufw") ?? bypassing(audited),
  ];
}

/** What is said where Docker did not answer. */
function answered({ facts }: Audited, id: string, code: DiagnosisCode): Diagnosis | undefined {
  const read = reading(facts, id);
  if (read !== undefined && read.failed === undefined) return undefined;
  return unreadOrAbsent(code, facts, id, "Docker could not be asked");
}

const FIX =
  "set bip and default-address-pools in /etc/docker/daemon.json outside the depots, restart docker, and create its networks anew";

function overDepots({ facts, inventory }: Audited): Diagnosis {
  const held = heldBy(inventory);
  const isOver = (pool: Network): boolean => held.some((network) => overlaps(pool, network));
  const over = dockerNetworksOf(facts).flatMap(({ name, pools }) =>
    pools.filter(isOver).map((pool) => `${escapeControls(name)} ${formatNetwork(pool)}`),
  );
  if (over.length > 0) {
    const evidence = { source: "docker network inspect", line: over.join("\n") };
    return trouble("docker-over-depots", { what: "Docker has networks over the depots", evidence, fix: FIX });
  }
  const next = newNetworksOf(facts);
  if (next === undefined) {
    return unread("docker-over-depots", facts, "docker-daemon", "where Docker puts new networks could not be read");
  }
  const coming = next.filter(isOver).map(formatNetwork);
  const evidence = {
    source: "default-address-pools in /etc/docker/daemon.json",
    line: next.map(formatNetwork).join(" "),
  };
  if (coming.length === 0)
    return fine("docker-over-depots", "Docker has no network over a depot, and makes none", evidence);
  const what = `Docker may put the next network over the depots: in ${coming.join(", ")}`;
  return trouble("docker-over-depots", { what, evidence, fix: FIX });
}

/** What Docker must leave alone: the inventory's depots, its terminals elsewhere, its routers. Not the rest of the plan. */
function heldBy({ gateway, depots }: Inventory): readonly Network[] {
  const networks = depots.map(({ number }) => depotNetwork(gateway.terminals.network, number));
  const hosts = [
    ...depots.flatMap(({ terminals }) => terminals.map(({ address }) => address)),
    ...gateway.tunnel.routers,
  ];
  const apart = hosts.filter((host) => !isLoopback(host) && !networks.some((network) => contains(network, host)));
  return [...networks, ...apart.map((address) => ({ address, prefix: 32 }))];
}

function bypassing({ facts }: Audited): Diagnosis {
  const published = containersOf(facts)
    .filter(({ network }) => network !== "host")
    .flatMap(({ name, published: ports }) =>
      ports
        .filter(({ hostAddress }) => !isLocal(hostAddress))
        .map(({ hostAddress, hostPort }) => `${escapeControls(name)}: ${escapeControls(hostAddress)}:${hostPort}`),
    );
  const evidence = { source: "docker ps", line: published.join("\n") };
  if (published.length === 0) return fine("docker-bypasses-ufw", "no container has a port open to others", evidence);
  if (hasSecondRing(facts) || filtersDocker(facts)) {
    const what = `${published.length} published ports are filtered before Docker's own rules; ecluse audit says for whom`;
    return fine("docker-bypasses-ufw", what, evidence);
  }
  const whatever = ufwState(facts) === "active" ? ", whatever UFW says" : "";
  return trouble("docker-bypasses-ufw", {
    what: `${published.length} published ports are open to whoever reaches the host${whatever}`,
    evidence,
    fix: "run the gateway with network_mode: host (ecluse render compose), or load ecluse render docker-user",
  });
}

function isLocal(hostAddress: string): boolean {
  const address = parseAddress(hostAddress);
  return hostAddress === "::1" || (address !== undefined && isLoopback(address));
}
