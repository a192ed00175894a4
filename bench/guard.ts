/**
 * What the guard costs a service: `npm run bench:guard`. An Express hello with and without it, asked in interleaved
 * rounds, over connections that are kept and over one connection per request; then the verdict alone. Rates are noisy
 * on a machine that does other work, processor time per request less so: both are shown, as medians. Rounds are many
 * and short, for a ratio is taken between neighbours in time.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { createGuard } from "@ecluse/guard";
import { describeMachine } from "./machine.ts";
import { median } from "./statistics.ts";

const ROUNDS = Number(process.env["ROUNDS"] ?? 75);
const MILLISECONDS = 200;
const CLIENTS = 16;

interface Service {
  readonly name: string;
  readonly port: number;
}

interface Round {
  readonly perSecond: number;
  /** Of the service's process, user and system, in microseconds. */
  readonly cpuPerRequest: number;
}

process.stdout.write(`${JSON.stringify(describeMachine())}\n`);
const child = fork(new URL("guard-service.ts", import.meta.url), { execArgv: process.execArgv });
const [ports] = (await once(child, "message")) as [readonly (readonly [name: string, port: number])[]];
const services = ports.map(([name, port]): Service => ({ name, port }));
for (const kept of [true, false]) await compare(kept);
child.disconnect();
for (const count of [1, 100_000]) process.stdout.write(`${verdict(count)}\n`);

async function compare(kept: boolean): Promise<void> {
  const rounds = new Map<Service, Round[]>(services.map((service) => [service, []]));
  for (let warming = 0; warming < 5; warming += 1) for (const service of services) await ask(service, kept);
  for (let round = 0; round < ROUNDS; round += 1) {
    // Whoever is asked first changes, so that a drift of the machine favours nobody.
    for (let index = 0; index < services.length; index += 1) {
      const service = services[(round + index) % services.length];
      if (service !== undefined) rounds.get(service)?.push(await ask(service, kept));
    }
  }
  const [base = []] = rounds.values();
  process.stdout.write(`${kept ? "connections that are kept" : "one connection per request"}, ${ROUNDS} rounds\n`);
  for (const [{ name }, figures] of rounds) process.stdout.write(`  ${describe(name, figures, base)}\n`);
}

async function ask({ port }: Service, kept: boolean): Promise<Round> {
  const agent = new Agent({ keepAlive: kept, maxSockets: CLIENTS });
  const before = await cpuOf();
  const began = performance.now();
  const counts = await Promise.all(Array.from({ length: CLIENTS }, () => client(port, agent, began + MILLISECONDS)));
  const seconds = (performance.now() - began) / 1_000;
  const requests = counts.reduce((sum, count) => sum + count, 0);
  agent.destroy();
  return { perSecond: requests / seconds, cpuPerRequest: ((await cpuOf()) - before) / requests };
}

async function client(port: number, agent: Agent, until: number): Promise<number> {
  let count = 0;
  for (; performance.now() < until; count += 1) {
    await new Promise<void>((resolve, reject) => {
      get({ port, host: "127.0.0.1", agent }, (answer) => answer.resume().once("end", resolve)).once("error", reject);
    });
  }
  return count;
}

async function cpuOf(): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}

/** The ratio is the median of each round's own, for rounds are neighbours in time. */
function describe(name: string, figures: readonly Round[], base: readonly Round[]): string {
  const ratio = (of: (round: Round) => number): string =>
    `${(100 * (median(figures.map((round, index) => of(round) / of(base[index] ?? round))) - 1)).toFixed(1)} %`;
  const rate = median(figures.map(({ perSecond }) => perSecond)).toFixed(0);
  const cpu = median(figures.map(({ cpuPerRequest }) => cpuPerRequest)).toFixed(1);
  return `${name}: ${rate} requests/s (${ratio((r) => r.perSecond)}), ${cpu} us each (${ratio((r) => r.cpuPerRequest)})`;
}

function verdict(count: number): string {
  const address = (index: number): string => `${10 + (index >> 15)}.${(index >> 7) & 255}.${(index & 127) * 2}.7`;
  const allow = Array.from({ length: count }, (_, index) => address(index).replace(/7$/, "0/24"));
  const guard = createGuard({ allow });
  const peers = Array.from({ length: 4_096 }, () => address(Math.floor(Math.random() * count * 2)));
  const costs = Array.from({ length: 5 }, () => costOf(guard, peers));
  return `verdict, ${count} networks: ${median(costs).toFixed(0)} ns`;
}

/** The permits are counted, so that no verdict can be left out. */
function costOf(guard: { allows(address: string | undefined): boolean }, peers: readonly string[]): number {
  const verdicts = 1_000_000;
  let permits = 0;
  const began = performance.now();
  for (let index = 0; index < verdicts; index += 1) if (guard.allows(peers[index & 4_095])) permits += 1;
  if (permits === 0) throw new Error("nobody came in");
  return ((performance.now() - began) * 1e6) / verdicts;
}
