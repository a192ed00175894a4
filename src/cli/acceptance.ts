/** Runs an acceptance: from the inventory and the running gateway to the report's data. */
import { hostname } from "node:os";
import { basename } from "node:path";
import { formatAddress } from "@ecluse/guard/address";
import { cellsOf, sourcesOf } from "../accept/plan.ts";
import { type Report, type RunningInventory, countsOf } from "../accept/report.ts";
import { type Running, tryAll } from "../accept/run.ts";
import { type Sample, sampleOf } from "../accept/sample.ts";
import { type Tried, judgeAll } from "../accept/verdict.ts";
import { hashOf } from "../change/history-entry.ts";
import { withTemporaryGrants } from "../change/temporary-grants.ts";
import type { Inventory } from "../inventory/model.ts";
import { compile } from "../policy/compile.ts";
import type { Policy, Standing } from "../policy/policy.ts";
import { VERSION } from "../version.ts";
import { ask } from "./ask.ts";
import { author } from "./author.ts";
import { checkedInventory } from "./checked-inventory.ts";
import type { Invocation } from "./command.ts";
import { numberOption, textsOption } from "./given.ts";
import { Progress } from "./progress.ts";
import { type VantagePoint, ipv6AddressesOf, vantagePoints } from "./vantages.ts";
import { witness } from "./witness.ts";

/** Cells of a run, unless told otherwise; a fleet with more is sampled. */
const MOST_CELLS = 500;

export interface AcceptanceOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called before anything is tried; may throw. */
  readonly check: (policy: Policy) => void;
}

export interface Acceptance {
  /** Without the load step. */
  readonly report: Report;
  readonly policy: Policy;
}

/** Throws `inventory-refused`, `usage`, and `no-gateway` where the inventory has flows that only a gateway can carry. */
export async function acceptance(invocation: Invocation, { now, check }: AcceptanceOptions): Promise<Acceptance> {
  const began = now();
  const { file, inventory: written, files } = checkedInventory(invocation, "accept by");
  const hash = hashOf(files);
  const live = compile(written).doors.size === 0 ? undefined : await liveState(invocation, { hash, written });
  const inventory = live?.inventory ?? written;
  const policy = compile(inventory, live?.standing);
  check(policy);
  await using stack = new AsyncDisposableStack();
  const points = await vantagePoints(textsOption(invocation.options, "from"), inventory, stack);
  const sample = sampleFor(invocation, { policy, inventory, points, at: live?.now ?? began });
  const cells = judgeAll(await tryCells(invocation, { sample, policy, points, since: live?.now }));
  const run = {
    began,
    ended: now(),
    by: author(invocation.io.env),
    inventory: { file: basename(file), hash },
    live,
    sample,
    cells,
  };
  return { report: reportOf(run, vantageFacts(points, inventory)), policy };
}

interface Run {
  readonly began: number;
  readonly ended: number;
  readonly by: string;
  readonly inventory: Report["inventory"];
  readonly live: LiveState | undefined;
  readonly sample: Sample;
  readonly cells: Report["cells"];
}

function reportOf({ began, ended, by, inventory, live, sample, cells }: Run, vantages: Report["vantages"]): Report {
  const { seed, flows, of } = sample;
  return {
    format: 1,
    began: new Date(began).toISOString(),
    ended: new Date(ended).toISOString(),
    by,
    host: hostname(),
    version: VERSION,
    inventory,
    ...(live === undefined ? {} : { gateway: live.running }),
    vantages,
    ...(seed === undefined ? {} : { sample: { flows, of, seed } }),
    counts: countsOf(cells),
    cells,
  };
}

function vantageFacts(points: readonly VantagePoint[], { sources }: Inventory): Report["vantages"] {
  return points.map(({ name, address, via }) => {
    return { name, address: formatAddress(address), sources: sourcesOf(address, sources), via };
  });
}

interface LiveState {
  /** The file's, with the temporary grants that are in force. */
  readonly inventory: Inventory;
  readonly standing: ReadonlyMap<string, Standing>;
  /** By the gateway's clock. */
  readonly now: number;
  readonly running: RunningInventory;
}

/** What operators did since the inventory was written is meant too: temporary grants, closed and drained flows. */
async function liveState(
  invocation: Invocation,
  { hash, written }: { readonly hash: string; readonly written: Inventory },
): Promise<LiveState> {
  const { now, inventory, operations, grants } = await ask(invocation, "status", {});
  return {
    inventory: withTemporaryGrants(written, grants.list, now),
    standing: new Map(operations.map(({ flow, state }) => [flow, state])),
    now,
    running: {
      number: inventory.number,
      hash: inventory.hash,
      same: inventory.hash === hash,
      temporary: grants.list.length,
    },
  };
}

interface Subject {
  readonly policy: Policy;
  readonly inventory: Inventory;
  readonly points: readonly VantagePoint[];
  readonly at: number;
}

function sampleFor({ options }: Invocation, { policy, inventory, points, at }: Subject): Sample {
  const hosts = new Set(policy.flows.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)));
  // A door on every address is knocked at on the gateway's.
  hosts.add(inventory.gateway.address);
  const ipv6 = ipv6AddressesOf(points, [...hosts]);
  const circumstances = { inventory, vantages: points, ipv6, at };
  const most = numberOption(options, "sample") ?? MOST_CELLS;
  const seed = numberOption(options, "seed") ?? 1 + Math.floor(Math.random() * 999_999);
  return sampleOf(policy.flows, (flow) => cellsOf(flow, circumstances), { most, seed });
}

interface Trying {
  readonly sample: Sample;
  readonly policy: Policy;
  readonly points: readonly VantagePoint[];
  /** By the gateway's clock; absent: no gateway is concerned. */
  readonly since: number | undefined;
}

async function tryCells(invocation: Invocation, { sample, policy, points, since }: Trying): Promise<readonly Tried[]> {
  const progress = new Progress(invocation.io, "accepting", sample.cells.length);
  const running: Running = {
    knockers: new Map(points.map(({ name, knocker }) => [name, knocker])),
    dial: policy.limits.connect,
    told: () => progress.step(),
    ...(since === undefined ? {} : { witness: witness(invocation, since) }),
  };
  try {
    return await tryAll(sample.cells, running);
  } finally {
    progress.end();
  }
}
