/** One measurement: fresh networks, a fresh backend, a fresh gateway, one job of the load generator. */
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Case } from "./cases.ts";
import { allowedNetworks } from "./allowed.ts";
import { everyCore, gatewayCore, loadCore, type Inside } from "./isolate.ts";
import { monotonicSeconds } from "./load/doors.ts";
import type { Answer, Figures, Job, Step, Target, TargetDoor, Work } from "./load/job.ts";
import { Network } from "./network.ts";
import { cpuSecondsOf, memoryOf } from "./proc.ts";
import { Running } from "./processes.ts";
import { median } from "./statistics.ts";
import { CONTROL } from "./subjects/ecluse.ts";
import type { Door, Launch, Plan, Subject } from "./subjects/subject.ts";

const SESSIONS = 4_096;
/** No job may take longer; the slowest one takes some 10 s. */
const DEADLINE_SECONDS = 60;
/** In milliseconds; `IDLE` in processor seconds, in a moment of `SETTLED_MS`. */
const LOOKED_MS = 7_000;
const SETTLED_MS = 300;
const SETTLING_MS = 12_000;
const IDLE = 0.003;

/** What a measurement has started. */
interface Scene {
  readonly network: Network;
  readonly backend: Running;
  readonly plan: Plan;
  readonly launch: Launch | undefined;
}

/** Where and how. */
export interface Setting extends Inside {
  /** Each host's own processor handles its packets: processor time is not told then, for much of it is charged to nobody. */
  readonly steered: boolean;
}

/** Measures one case of one subject; `folder` is made for it. Throws where the subject could not be measured. */
export async function measure(subject: Subject, which: Case, setting: Setting): Promise<Answer> {
  const answer = await measureFully(subject, which, setting);
  if (!setting.steered) return answer;
  const told = Object.entries(answer.figures).filter(([key]) => !key.startsWith("cpu"));
  return { ...answer, figures: Object.fromEntries(told) };
}

async function measureFully(subject: Subject, which: Case, { isolation, folder, steered }: Setting): Promise<Answer> {
  mkdirSync(folder);
  await using network = await Network.create(isolation, steered);
  const doors = network.allDoors().slice(0, which.doors);
  await using backend = await startBackend(network, doors, folder);
  const { gateway, till } = network;
  const allowed = allowedNetworks(which.networks ?? 1, till);
  const plan = { doors, gateway, till, allowed, sessions: SESSIONS, folder, loopback: isolation === "loopback" };
  if (which.work.kind === "change") return await measureChanged(subject, { network, backend, plan }, which.work);
  const scene = { network, backend, plan, launch: subject.launch?.(plan) };
  if (which.work.kind === "doors") return await measureOpening(scene);
  // What a start with thousands of networks leaves to be done is not what they cost from then on.
  return await measureTraffic(scene, which.work, which.networks !== undefined);
}

async function measureTraffic(scene: Scene, work: Task, isSettled: boolean): Promise<Answer> {
  await using gateway = startGateway(scene);
  const knocked = await firstKnock(scene, gateway);
  if (knocked.failures > 0) return knocked;
  if (isSettled && gateway !== undefined) await settled(gateway);
  return await load(scene, work, gateway);
}

/** Until the first request was carried. A subject that ends before is left out, with its own words. */
async function firstKnock(scene: Scene, gateway: Running | undefined): Promise<Answer> {
  const knocked = load(scene, { kind: "doors" }, gateway);
  return gateway === undefined ? await knocked : await knocked.catch((error: unknown) => leftOut(gateway, error));
}

function leftOut(gateway: Running, error: unknown): Answer {
  if (!gateway.ended) throw error;
  return {
    figures: {},
    failures: 1,
    leftOut: `it does not start: ${error instanceof Error ? error.message : String(error)}`,
  };
}

/** The load generator knocks before the gateway is there, so that the time is that of the first success. */
async function measureOpening(scene: Scene): Promise<Answer> {
  await using knocking = await startLoad(scene, { kind: "doors" }, undefined);
  const from = monotonicSeconds();
  await using gateway = startGateway(scene);
  if (!gateway) throw new Error("opens no doors");
  const saidReady = secondsUntilReady(gateway, scene, from);
  const knocked = await unlessEnded(gateway, scene, answerOf(knocking)).catch((error: unknown) =>
    leftOut(gateway, error),
  );
  if (knocked.failures > 0) return knocked;
  await settled(gateway);
  const figures = {
    openSeconds: (knocked.figures["openAt"] ?? NaN) - from,
    readySeconds: await saidReady,
    cpuSeconds: cpuSecondsOf(gateway.pid),
    ...memoryOf(gateway.pid),
  };
  // Only now, because it costs memory: does every door lead to its terminal?
  const work: Work = { kind: "connections", concurrency: 16, count: scene.plan.doors.length, warmup: 0 };
  const every = await load(scene, work, gateway);
  return { ...every, figures };
}

/** All doors but the last are there; the last is added, and perhaps taken away and added again. */
async function measureChanged(
  { change }: Subject,
  { network, backend, plan: all }: Omit<Scene, "launch">,
  work: Extract<Work, { kind: "change" }>,
): Promise<Answer> {
  const plan = { ...all, doors: all.doors.slice(0, -1) };
  const changeable = change?.(plan);
  const [last] = all.doors.slice(-1);
  if (changeable === undefined || last === undefined) throw new Error("cannot be changed while it runs");
  const scene: Scene = { network, backend, plan, launch: changeable.launch };
  await using gateway = startGateway(scene);
  const knocked = await firstKnock(scene, gateway);
  if (knocked.failures > 0 || gateway === undefined) return knocked;
  await settled(gateway);
  const trigger = "signal" in changeable.trigger ? { ...changeable.trigger, pid: gateway.pid } : changeable.trigger;
  const step = (doors: readonly Door[]): Step => ({ files: inFolder(plan, changeable.filesFor(doors)), trigger });
  const more: Step = { ...step(all.doors), opens: wayTo(last, scene) };
  const again = Array.from({ length: changeable.again }, () => [step(plan.doors), more]).flat();
  const answer = await load(scene, { ...work, steps: [more, ...again] }, gateway);
  return { ...answer, figures: { ...answer.figures, ...insideOf(scene) } };
}

function inFolder({ folder }: Plan, files: Launch["files"]): Launch["files"] {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [join(folder, name), text]));
}

/** What a subject said itself of how long each change took in its process; every other one takes the door away. */
function insideOf({ plan }: Scene): Figures {
  const said = readFileSync(logOf(plan), "utf8").matchAll(/"insideMs":([\d.]+)/g);
  const [first, ...later] = Array.from(said, ([, milliseconds]) => Number(milliseconds)).filter(
    (_, index) => index % 2 === 0,
  );
  return first === undefined ? {} : { insideMs: first, laterInsideMs: median(later) };
}

async function startBackend(network: Network, doors: readonly Door[], folder: string): Promise<Running> {
  const file = join(folder, "backend");
  writeFileSync(file, network.backendAddresses(doors).join("\n"));
  const port = String(doors[0]?.target.port);
  const program = join(import.meta.dirname, "backend.ts");
  const backend = new Running({
    command: [process.execPath, program, file, port],
    enter: network.enter("depot"),
    core: loadCore(),
  });
  await backend.nextLine();
  return backend;
}

function startGateway({ network, launch, plan }: Scene): Running | undefined {
  if (!launch) return undefined;
  for (const [name, text] of Object.entries(launch.files)) writeFileSync(join(plan.folder, name), text);
  const { command, env, spreads } = launch;
  const core = spreads ? everyCore() : gatewayCore();
  const log = logOf(plan);
  writeFileSync(log, "");
  return new Running({ command, enter: network.enter("gateway"), core, log, ...(env && { env }) });
}

/** What the load generator is to do; a change comes with its steps. */
type Task = DistributiveOmit<Job, keyof Target>;
type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;

async function load(scene: Scene, work: Task, gateway: Running | undefined): Promise<Answer> {
  await using loading = await startLoad(scene, work, gateway);
  const answer = answerOf(loading);
  return gateway ? await unlessEnded(gateway, scene, answer) : await answer;
}

/** Starts the load generator; resolves once it runs. */
async function startLoad(scene: Scene, work: Task, gateway: Running | undefined): Promise<Running> {
  const { network, backend, plan } = scene;
  const [first, ...others] = plan.doors;
  const control = join(plan.folder, CONTROL);
  if (!first) throw new Error("a plan has at least one door");
  const job: Job = {
    doors: [wayTo(first, scene), ...others.map((door) => wayTo(door, scene))],
    ...work,
    ...(gateway && { gatewayPid: gateway.pid }),
    backendPid: backend.pid,
    strangers: network.strangers,
    ...(existsSync(control) && { control }),
    deadline: DEADLINE_SECONDS,
  };
  const command = [process.execPath, join(import.meta.dirname, "load.ts")];
  const loading = new Running({ command, enter: network.enter("till"), core: loadCore() });
  loading.child.stdin?.write(`${JSON.stringify(job)}\n`);
  await loading.nextLine();
  return loading;
}

/** Through the gateway's door, or straight to the terminal where there is no gateway. */
function wayTo({ port, target }: Door, { launch, plan }: Scene): TargetDoor {
  const terminal = target.address;
  return launch ? { host: plan.gateway, port, terminal } : { host: terminal, port: target.port, terminal };
}

async function answerOf(loading: Running): Promise<Answer> {
  return JSON.parse(await loading.nextLine()) as Answer;
}

/** The answer, unless the gateway ends before it: then what it had to say. */
async function unlessEnded(gateway: Running, { plan }: Scene, answer: Promise<Answer>): Promise<Answer> {
  const ended = (): never => {
    // Its folder is another one each time; the words shall be the same.
    throw new Error(`it ended: ${lastWords(readFileSync(logOf(plan), "utf8")).replaceAll(`${plan.folder}/`, "")}`);
  };
  const gone = gateway.ended ? Promise.resolve() : once(gateway.child, "exit");
  return await Promise.race([answer, gone.then(ended)]);
}

/** The lines that look like the reason, else the last ones. */
function lastWords(log: string): string {
  const lines = log.trim().split("\n");
  const telling = lines.filter((line) => /error|alert|emerg|finding/i.test(line)).slice(0, 3);
  return (telling.length > 0 ? telling : lines.slice(-3)).join(" | ").slice(0, 500);
}

/** NaN for subjects that say nothing. */
async function secondsUntilReady(gateway: Running, { launch, plan }: Scene, from: number): Promise<number> {
  const until = from + DEADLINE_SECONDS;
  while (launch?.ready !== undefined && !gateway.ended && monotonicSeconds() < until) {
    if (readFileSync(logOf(plan), "utf8").includes(launch.ready)) return monotonicSeconds() - from;
    await pause(2);
  }
  return NaN;
}

/**
 * Waits until the gateway has had nothing to do for a moment, but not for ever; and not less than it takes until it has
 * looked at everything once: what that leaves behind is its memory, too.
 */
async function settled({ pid }: Running): Promise<void> {
  const until = monotonicSeconds() + SETTLING_MS / 1000;
  await pause(LOOKED_MS);
  for (let [before, now] = [-Infinity, cpuSecondsOf(pid)]; now - before > IDLE && monotonicSeconds() < until;) {
    await pause(SETTLED_MS);
    [before, now] = [now, cpuSecondsOf(pid)];
  }
}

function logOf({ folder }: Plan): string {
  return join(folder, "gateway.log");
}
