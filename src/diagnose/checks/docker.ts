/** Docker beside UFW, and Docker's networks beside the depots. */
import { type Network, formatNetwork, overlaps } from "@ecluse/guard/address";
import type { Audited } from "../../audit/audited.ts";
import { textOf } from "../../audit/facts.ts";
import { type DockerNetwork, containersOf, dockerNetworksOf } from "../../audit/parse/docker.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { type Diagnosis, fine, missing, trouble } from "../diagnosis.ts";

export function checkDocker(audited: Audited): readonly Diagnosis[] {
  const networks = dockerNetworksOf(audited.facts);
  if (networks.length === 0) return [missing("docker-over-depots", audited.facts, "docker-networks", "no Docker here")];
  return [overDepots(audited, networks), bypassing(audited)];
}

function overDepots({ inventory }: Audited, networks: readonly DockerNetwork[]): Diagnosis {
  const { network: plan } = inventory.gateway.terminals;
  const over = networks.flatMap(({ name, pools }) =>
    pools
      .filter((pool: Network) => overlaps(pool, plan))
      .map((pool) => `${escapeControls(name)} ${formatNetwork(pool)}`),
  );
  const evidence = { source: "docker network inspect", line: over.join("\n") };
  if (over.length === 0) return fine("docker-over-depots", "no Docker network has a depot's addresses", evidence);
  return trouble("docker-over-depots", {
    what: `Docker has networks inside ${formatNetwork(plan)}, where the depots are`,
    evidence,
    fix: "set bip and default-address-pools in /etc/docker/daemon.json outside the depots (ecluse render cloud-init shows them), restart docker, and create its networks anew",
  });
}

function bypassing({ facts }: Audited): Diagnosis {
  const published = containersOf(facts).flatMap(({ name, network, published: ports }) =>
    network === "host"
      ? []
      : ports.map(({ hostAddress, hostPort }) => `${escapeControls(name)}: ${escapeControls(hostAddress)}:${hostPort}`),
  );
  const ufw = /^Status: active/m.test(textOf(facts, "ufw"));
  const evidence = { source: "docker ps", line: published.join("\n") };
  if (published.length === 0) return fine("docker-bypasses-ufw", "no container has a published port", evidence);
  return trouble("docker-bypasses-ufw", {
    what: `${published.length} published ports are open to whoever reaches the host${ufw ? ", whatever UFW says" : ""}`,
    evidence,
    fix: "run the gateway with network_mode: host (ecluse render compose), or load ecluse render docker-user",
  });
}
