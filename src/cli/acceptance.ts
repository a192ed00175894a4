/** Runs an acceptance: from the inventory and the running gateway to the report's data. */
import { hostname } from "node:os";
import { formatAddress } from "@ecluse/guard/address";
import { cellsOf, sourcesOf } from "../accept/plan.ts";
import { type Report, type RunningInventory, countsOf } from "../accept/report.ts";
import { type Running, tryAll } from "../accept/run.ts";
import { sampleOf } from "../accept/sample.ts";
import { judgeAll } from "../accept/verdict.ts";
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
  const report: Report = {
    format: 1,
    began: new Date(began).toISOString(),
    ended: new Date(now()).toISOString(),
    by: author(invocation.io.env),
    host: hostname(),
    version: VERSION,
    inventory: { file, hash },
    ...(live === undefined ? {} : { gateway: live.running }),
    vantages: points.map(({ name, address, via }) => {
      return { name, address: formatAddress(address), sources: sourcesOf(address, inventory.sources), via };
    }),
    ...(sample.seed === undefined ? {} : { sample: { flows: sample.flows, of: sample.of, seed: sample.seed } }),
    counts: countsOf(cells),
    cells,
  };
  return { report, policy };
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

function sampleFor({ options }: Invocation, { policy, inventory, points, at }: Subject): ReturnType<typeof sampleOf> {
  const hosts = new Set(policy.flows.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)));
  // A door on every address is knocked at on the gateway's.
  hosts.add(inventory.gateway.address);
  const ipv6 = ipv6AddressesOf(points, [...hosts]);
  const circumstances = { inventory, vantages: points, ipv6, at };
  const most = numberOption(options, "sample") ?? MOST_CELLS;
  const seed = numberOption(options, "seed") ?? 1 + Math.floor(Math.random() * 999_999);
  return sampleOf(policy.flows, (flow) => cellsOf(flow, circumstances), { most, seed });
}

async function tryCells(
  invocation: Invocation,
  {
    sample: { cells },
    policy,
    points,
    since,
  }: {
    readonly sample: ReturnType<typeof sampleOf>;
    readonly policy: Policy;
    readonly points: readonly VantagePoint[];
    readonly since: number | undefined;
  },
): ReturnType<typeof tryAll> {
  const progress = new Progress(invocation.io, "accepting", cells.length);
  const running: Running = {
    knockers: new Map(points.map(({ name, knocker }) => [name, knocker])),
    dial: policy.limits.connect,
    told: () => progress.step(),
    ...(since === undefined ? {} : { witness: witness(invocation, since) }),
  };
  try {
    return await tryAll(cells, running);
  } finally {
    progress.end();
  }
}
