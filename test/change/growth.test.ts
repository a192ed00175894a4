/**
 * Changes leave nothing behind in a real gateway's process: 500 of them, of every kind, and the descriptors are as many
 * as before, the memory what it was.
 *
 * An application starts a process that reads; the other kinds are a hundred times cheaper. ECLUSE_LONG=1 makes every change
 * an application (some five minutes).
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, listen, loopbackAddress, settled, until } from "../support/loopback.ts";
import { type Changing, type Site, type SiteFlow, changing } from "./changing.ts";

const CHANGES = 500;
/** What is loaded and compiled once has been by then. */
const WARM_UP = 100;
const WINDOW = 100;
/** Enough of them that a policy which is not let go of would show. */
const FLOWS = 400;
const MIB = 1_048_576;
/**
 * The young generation as in daily use (package.json), the old one bounded: on a machine with memory to spare V8 lets some
 * 45 MiB of rubbish lie before it collects, which cannot be told from what is never let go of.
 */
const HEAP = "--max-semi-space-size=2 --max-old-space-size=32";
/** Above the noise of such a heap, below 400 policies or inventories that stay - which it would not outlive anyway. */
const BOUND = 24 * MIB;
const ONLY_APPLY = process.env["ECLUSE_LONG"] !== undefined;

test(`${CHANGES} changes leave descriptors and memory as they were`, { timeout: 600_000 }, async (context) => {
  await using target = await listen((socket) => void socket.pipe(socket));
  const host = loopbackAddress();
  const site: Site = { host, sources: { till: [loopbackAddress()] }, flows: [] };
  const flows: SiteFlow[] = [];
  for (const port of await freePorts(host, FLOWS + 1)) {
    flows.push({ name: `door${port}`, listen: { host, port }, target, allow: ["till"] });
  }
  const [less, more] = [
    { ...site, flows: flows.slice(1) },
    { ...site, flows },
  ];
  await using gateway = await changing(less, { env: { ...process.env, NODE_OPTIONS: HEAP } });
  const { pid } = gateway.serving;
  const memory: number[] = [];
  await round({ gateway, less, more });
  const descriptors = await settledDescriptors(pid);
  for (let done = 0; done < WARM_UP + CHANGES;) {
    const made = await round({ gateway, less, more });
    for (let count = 0; count < made; count += 1) memory.push(residentOf(pid));
    done += made;
  }
  const first = median(memory.slice(WARM_UP, WARM_UP + WINDOW));
  const last = median(memory.slice(-WINDOW));
  context.diagnostic(
    `${(first / MIB).toFixed(1)} MiB, then ${(last / MIB).toFixed(1)} MiB; ${descriptors} descriptors`,
  );
  await until(() => descriptorsOf(pid) === descriptors, `${descriptors} descriptors, not ${descriptorsOf(pid)}`);
  assert.ok(last - first < BOUND, `grown by ${(last - first) / MIB} MiB`);
  const applied = readdirSync(join(gateway.file.state, "history"));
  assert.ok(applied.length <= 200, `${applied.length} applied inventories are kept`);
});

interface Scene {
  readonly gateway: Changing;
  readonly less: Site;
  readonly more: Site;
}

/** A terminal comes, is granted to somebody, drained, opened, closed, opened, and goes. Returns how many changes that was. */
async function round({ gateway, less, more }: Scene): Promise<number> {
  const select = more.flows[0]?.name ?? "";
  await gateway.apply(more);
  if (!ONLY_APPLY) {
    for (let count = 0; count < 8; count += 1) {
      const given = { source: loopbackAddress(), select, for: 60_000, reason: "a test" };
      const { id } = (await gateway.ask("grant", given)) as { readonly id: string };
      await gateway.ask("revoke", { id });
    }
    for (const to of ["draining", "open", "closed", "open"]) await gateway.ask("operate", { select, to });
  }
  await gateway.apply(less);
  return ONLY_APPLY ? 2 : 22;
}

async function freePorts(host: string, count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort(host));
  return [...ports];
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The control socket's connections close a moment after their answer. */
function settledDescriptors(pid: number): Promise<number> {
  return settled(() => descriptorsOf(pid));
}

function residentOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1_024;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
