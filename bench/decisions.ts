/**
 * What one decision costs, in this process: `npm run bench:decisions`. No network; the gate of one flow, with 1 to
 * 100,000 allowed networks, asked about addresses of which about half are inside.
 */
import type { Ipv4, Network } from "@ecluse/guard/address";
import { judge } from "../src/policy/decide.ts";
import { compileGate } from "../src/policy/gate.ts";
import type { LocalFlow } from "../src/policy/policy.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./statistics.ts";

const DECISIONS = 2_000_000;
const ROUNDS = 5;
const BASE = 0x0a00_0000;

process.stdout.write(`${JSON.stringify(describeMachine())}\n`);
for (const networks of [1, 1_000, 100_000]) process.stdout.write(`${describe(networks)}\n`);

function describe(count: number): string {
  // Every other /24, so that nothing merges and half of the addresses fall between.
  const networks = Array.from({ length: count }, (_, index): Network => ({
    address: (BASE + index * 512) as Ipv4,
    prefix: 24,
  }));
  const began = performance.now();
  const gate = compileGate([{ source: "many" }], () => networks);
  const compiled = performance.now() - began;
  const flow: LocalFlow = { kind: "local", id: "flow/bench", endpoints: [], direction: "other", grants: [], gate };
  const costs = Array.from({ length: ROUNDS }, () => costOf(flow, count));
  return `${count} networks: ${median(costs).toFixed(0)} ns a decision (median of ${ROUNDS}), compiled in ${compiled.toFixed(1)} ms`;
}

/** Nanoseconds per decision. The permits are counted, so that no decision can be left out. */
function costOf(flow: LocalFlow, count: number): number {
  const sources = Uint32Array.from({ length: 4_096 }, () => BASE + Math.floor(Math.random() * count * 512));
  let permits = 0;
  const began = performance.now();
  for (let index = 0; index < DECISIONS; index += 1) {
    if (judge(flow, (sources[index & 4_095] ?? 0) as Ipv4, 0).permit) permits += 1;
  }
  const cost = ((performance.now() - began) * 1e6) / DECISIONS;
  if (permits === 0 || permits === DECISIONS) throw new Error(`${permits} permits: not the half that was asked for`);
  return cost;
}
