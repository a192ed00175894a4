/** One endpoint, one flow: aliases, generic flows and services of one machine included, and what a wildcard covers. */
import { formatAddress } from "@ecluse/guard/address";
import type { DoorFact, Facts, FlowFact } from "../facts.ts";
import { formatPlace } from "../finding.ts";
import type { Endpoint } from "../model.ts";
import { placeOf } from "../tree.ts";

interface Standing {
  readonly flow: FlowFact;
  readonly door: DoorFact;
}

export function checkEndpoints(facts: Facts): void {
  const byEndpoint = new Map<number, Standing>();
  const wildcards = new Map<number, Standing>();
  for (const flow of facts.flows) {
    for (const door of flow.doors) {
      const key = door.address * 65_536 + door.port;
      const first = byEndpoint.get(key);
      if (first === undefined) byEndpoint.set(key, { flow, door });
      else complain(facts, first, { flow, door });
      if (door.address === 0 && first === undefined) wildcards.set(door.port, { flow, door });
    }
  }
  checkServed(facts, (address, port) => byEndpoint.get(address * 65_536 + port) ?? wildcards.get(port));
  if (wildcards.size === 0) return;
  for (const standing of byEndpoint.values()) {
    const wildcard = wildcards.get(standing.door.port);
    if (wildcard !== undefined && standing.door.address !== 0 && isOnGateway(facts, standing)) {
      complain(facts, standing, wildcard);
    }
  }
}

type StandingAt = (address: number, port: number) => Standing | undefined;

/** What the gateway serves itself, beside the doors. */
function checkServed(facts: Facts, standingAt: StandingAt): void {
  const { dashboard, metrics } = facts.inventory.gateway;
  if (dashboard !== undefined) checkOne(facts, standingAt, { key: "dashboard", endpoint: dashboard });
  if (metrics === undefined) return;
  checkOne(facts, standingAt, { key: "metrics", endpoint: metrics });
  if (dashboard?.address !== metrics.address || dashboard.port !== metrics.port) return;
  const message = `metrics are served on ${formatEndpoint(metrics)}, as is the dashboard`;
  facts.complain({ code: "endpoint-twice", path: ["gateway", "metrics", "listen"], message, hint: HINT });
}

interface Served {
  readonly key: "dashboard" | "metrics";
  readonly endpoint: Endpoint;
}

function checkOne(facts: Facts, standingAt: StandingAt, { key, endpoint }: Served): void {
  const standing = standingAt(endpoint.address, endpoint.port);
  if (standing === undefined || !isOnGateway(facts, standing)) return;
  const place = formatPlace(placeOf(facts.spot(standing.door.path)));
  const what = key === "metrics" ? "metrics are" : "the dashboard is";
  const message = `${what} served on ${formatEndpoint(endpoint)}, where ${standing.flow.id} (at ${place}) is entered`;
  facts.complain({ code: "endpoint-twice", path: ["gateway", key, "listen"], message, hint: HINT });
}

const HINT = "give one of them another port";

function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}

/** A machine's own address is another host, unless it is the gateway's. */
function isOnGateway({ inventory }: Facts, { flow, door }: Standing): boolean {
  if (flow.relayed || door.address === inventory.gateway.address) return true;
  return !inventory.machines.some(({ address }) => address === door.address);
}

function complain(facts: Facts, first: Standing, second: Standing): void {
  const place = formatPlace(placeOf(facts.spot(first.door.path)));
  const endpoint = `${formatAddress(second.door.address)}:${second.door.port}`;
  const covers =
    second.door.address === first.door.address ? "" : ` (which covers ${formatAddress(first.door.address)})`;
  const message =
    first.flow.id === second.flow.id
      ? `${second.flow.id} is offered twice on ${endpoint}`
      : `${second.flow.id} and ${first.flow.id} (at ${place}) are both entered on ${endpoint}${covers}`;
  const hint = "give one of them another port or address";
  facts.complain({ code: "endpoint-twice", path: second.door.path, message, hint });
}
