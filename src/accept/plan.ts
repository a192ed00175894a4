/**
 * Policy and vantage points -> the cells of an acceptance run: for every flow, what must connect and what must be refused.
 *
 * Pure. What must happen is the policy's own decision about the vantage point's address, so a run asks the running doors
 * the very question that the inventory has answered.
 */
import { type Ipv4, contains, formatAddress } from "@ecluse/guard/address";
import type { Endpoint, Inventory, Source } from "../inventory/model.ts";
import { type Verdict, judge, judgeWay } from "../policy/decide.ts";
import type { Flow } from "../policy/policy.ts";
import type { Case, Cell, Ipv6Address, Skip, Vantage } from "./cell.ts";

export interface Circumstances {
  readonly inventory: Pick<Inventory, "sources" | "machines" | "gateway">;
  readonly vantages: readonly Vantage[];
  readonly ipv6: readonly Ipv6Address[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The cells of one flow; those that nobody can try are among them, with the reason. */
export function cellsOf(flow: Flow, circumstances: Circumstances): readonly Cell[] {
  const { vantages } = circumstances;
  return [
    ...vantages.flatMap((vantage) => flow.endpoints.map((door) => knockCell(flow, vantage, { door, circumstances }))),
    ...vantages.flatMap((vantage) => forgedCells(flow, vantage, circumstances)),
    ...ipv6Cells(flow, circumstances),
    ...missingCells(flow, circumstances),
  ];
}

/** The names of the sources that an address stands for; whom only `any` names is a stranger. */
export function sourcesOf(address: Ipv4, sources: readonly Source[]): readonly string[] {
  return sources.filter((source) => source.name !== "any" && holds(source, address)).map(({ name }) => name);
}

interface Knocking {
  readonly door: Endpoint;
  readonly circumstances: Circumstances;
}

function knockCell(flow: Flow, vantage: Vantage, { door, circumstances }: Knocking): Cell {
  const cell = {
    ...at(flow, door, circumstances),
    ...by(vantage),
    ...(speaksHttp(flow) ? { http: true as const } : {}),
  };
  const verdict = verdictOn(flow, vantage.address, circumstances.at);
  if (!verdict.permit) return { ...cell, case: refusedCase(verdict, vantage, circumstances), expect: "refuse" };
  const authorised = { ...cell, case: "authorised", expect: "connect", source: verdict.grant.source } as const;
  const skip = skipOf(flow);
  return skip === undefined ? authorised : { ...authorised, skip };
}

function verdictOn(flow: Flow, address: Ipv4, now: number): Verdict {
  const isEnteredByBalancers = flow.kind === "relayed" && flow.acceptProxy !== undefined;
  return (isEnteredByBalancers ? judgeWay(flow, address) : undefined) ?? judge(flow, address, now);
}

/** A balancer speaks a header first, and its visitors are judged: what a bare connection gets says nothing. */
function skipOf(flow: Flow): Skip | undefined {
  if (flow.kind === "local") return undefined;
  if (flow.acceptProxy !== undefined) return "balancer";
  return flow.probe === "none" ? "probe-none" : undefined;
}

function refusedCase(
  verdict: Exclude<Verdict, { permit: true }>,
  { address }: Vantage,
  { inventory }: Circumstances,
): Case {
  const { reason } = verdict;
  if (reason === "expired" || reason === "closed" || reason === "not-a-balancer") return reason;
  if (inventory.machines.some((machine) => machine.address === address)) return "direct";
  return sourcesOf(address, inventory.sources).length > 0 ? "other-source" : "stranger";
}

/** A service that reads `X-Forwarded-For` can be told anything: who may not come says that he is one who may. */
function forgedCells(flow: Flow, vantage: Vantage, circumstances: Circumstances): readonly Cell[] {
  const [door] = flow.endpoints;
  const forged = addressOfOneWhoMay(flow, circumstances);
  if (!speaksHttp(flow) || door === undefined || forged === undefined) return [];
  if (judge(flow, vantage.address, circumstances.at).permit) return [];
  const cell = { ...at(flow, door, circumstances), ...by(vantage), http: true as const };
  return [{ ...cell, case: "forged-header", expect: "refuse", forged }];
}

function addressOfOneWhoMay({ grants }: Flow, { inventory, at: now }: Circumstances): string | undefined {
  const names = grants.filter(({ until }) => until === undefined || now < until).map(({ source }) => source);
  const networks = inventory.sources.filter(({ name }) => names.includes(name)).flatMap((source) => source.networks);
  return networks[0] === undefined ? undefined : formatAddress(networks[0].address);
}

/** One cell per address that the listening host has; none is known: the cell says so. */
function ipv6Cells(flow: Flow, circumstances: Circumstances): readonly Cell[] {
  const [door] = flow.endpoints;
  if (door === undefined) return [];
  const cell = { ...at(flow, door, circumstances), case: "ipv6", expect: "refuse" } as const;
  const known = circumstances.ipv6.filter(({ of }) => of === whereItListens(door, circumstances));
  if (known.length === 0) return [{ ...cell, skip: "no-ipv6" }];
  return known.map(({ address, from }) => ({ ...cell, host: address, vantage: from }));
}

/** What ought to be tried and cannot: a source that no vantage point stands for, and a stranger where there is none. */
function missingCells(flow: Flow, circumstances: Circumstances): readonly Cell[] {
  const { vantages, at: now } = circumstances;
  const [door] = flow.endpoints;
  if (door === undefined) return [];
  const cell = { ...at(flow, door, circumstances), skip: "no-vantage" } as const;
  const isRefusedSomewhere = vantages.some(({ address }) => !verdictOn(flow, address, now).permit);
  return [
    ...grantsBySource(flow)
      .filter(({ source }) => !isStoodFor(source, circumstances))
      .map(({ source, until }): Cell => {
        const hasEnded = until !== undefined && until <= now;
        if (hasEnded) return { ...cell, case: "expired", expect: "refuse", source };
        return { ...cell, case: "authorised", expect: "connect", source, skip: skipOf(flow) ?? "no-vantage" };
      }),
    ...(isRefusedSomewhere ? [] : [{ ...cell, case: "stranger", expect: "refuse" } as const]),
  ];
}

function isStoodFor(name: string, { inventory, vantages }: Circumstances): boolean {
  const source = inventory.sources.find((each) => each.name === name);
  return source !== undefined && vantages.some(({ address }) => holds(source, address));
}

/** The right that lasts longest, of each source. */
function grantsBySource({ grants }: Flow): readonly Flow["grants"][number][] {
  const longest = new Map<string, Flow["grants"][number]>();
  for (const grant of grants) {
    const known = longest.get(grant.source);
    if (known === undefined || (grant.until ?? Infinity) > (known.until ?? Infinity)) longest.set(grant.source, grant);
  }
  return [...longest.values()];
}

function at(flow: Flow, door: Endpoint, circumstances: Circumstances): Pick<Cell, "flow" | "kind" | "host" | "port"> {
  const host = formatAddress(whereItListens(door, circumstances));
  return { flow: flow.id, kind: flow.kind, host, port: door.port };
}

/** A door on every address is knocked at on the gateway's. */
function whereItListens({ address }: Endpoint, { inventory }: Circumstances): Ipv4 {
  return address === 0 ? inventory.gateway.address : address;
}

function by({ name, address }: Vantage): Pick<Cell, "vantage" | "from"> {
  return { vantage: name, from: formatAddress(address) };
}

/** The services of the second founding document; of any other program that listens nothing is known. */
function speaksHttp({ direction, kind }: Flow): boolean {
  return kind === "local" && direction === "proxy-to-service";
}

function holds({ networks }: Source, address: Ipv4): boolean {
  return networks.some((network) => contains(network, address));
}
