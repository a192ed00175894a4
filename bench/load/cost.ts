/** Processor time spent while something was measured, by who spent it. */
import { setTimeout as pause } from "node:timers/promises";
import { cpuSecondsOf, machineBusySeconds } from "../proc.ts";
import type { Figures, Target } from "./job.ts";

/** What is still to be done when the last answer has come (closing, freeing) is done within this time. */
const AFTERWARDS_MS = 50;

/** Runs it, and tells its duration and the processor seconds of gateway, backend, load generator and machine. */
export async function costOf(target: Target, run: () => Promise<void>): Promise<Figures> {
  const before = spent(target);
  const from = performance.now();
  await run();
  const seconds = (performance.now() - from) / 1000;
  await pause(AFTERWARDS_MS);
  const after = spent(target);
  const gateway = after.gateway - before.gateway;
  const backend = after.backend - before.backend;
  const load = after.load - before.load;
  const all = gateway + backend + load;
  // Negative by rounding: the machine's figure is a sample, the others are sums.
  const others = Math.max(0, after.machine - before.machine - all);
  return { seconds, cpuGateway: gateway, cpuBackend: backend, cpuLoad: load, cpuAll: all, cpuOthers: others };
}

function spent(target: Target): Record<"gateway" | "backend" | "load" | "machine", number> {
  return {
    gateway: cpuSecondsOf(target.gatewayPid),
    backend: cpuSecondsOf(target.backendPid),
    load: cpuSecondsOf(process.pid),
    machine: machineBusySeconds(),
  };
}
