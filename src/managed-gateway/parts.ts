/**
 * The parts of a managed gateway, each made of its options and told of the others: state, doors, control, journal.
 *
 * Nothing serves yet: no door is open where another process is taken over from, no port answers, and the control socket has
 * no name. That is begun, and all of it ended, by `ManagedGateway`.
 */
import { join, resolve } from "node:path";
import type { Asked } from "../answers/asked.ts";
import { handlersOf } from "../answers/handlers.ts";
import { metricsPage } from "../answers/metrics.ts";
import { type Changed, Changes, type ChangesOptions } from "../change/changes.ts";
import { hashOf } from "../change/history-entry.ts";
import { InventoryFile } from "../change/inventory-file.ts";
import { RefusedInventory } from "../change/refused-inventory.ts";
import { type ControlOptions, ControlServer } from "../control/server.ts";
import type { Inherited } from "../engine/engine.ts";
import { tableMark, whereWeAre } from "../engine/kernel/table/table-mark.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { Endpoint } from "../inventory/model.ts";
import { Records } from "../journal/records.ts";
import { dashboardEvent, metricsEvent } from "../observe/events.ts";
import { MetricsPort, type MetricsPortOptions } from "../observe/metrics-port.ts";
import { countChange } from "../policy/compare-lines.ts";
import { endpointKey } from "../policy/policy.ts";
import { fileMark } from "../shield/mark.ts";
import type { Commission } from "../take-over/predecessor.ts";
import { VERSION } from "../version.ts";
import { DashboardProcess } from "../web/dashboard-process.ts";
import type { ManagedGatewayOptions } from "./options.ts";

export interface Parts {
  readonly gateway: Gateway;
  readonly records: Records;
  readonly metrics: MetricsPort;
  readonly dashboard: DashboardProcess | undefined;
  readonly changes: Changes;
  readonly control: ControlServer;
  readonly file: InventoryFile;
}

/** What parts ask of the hand-over, which is made of them; not before they serve. */
export interface HandingOver {
  readonly begin: Asked["takeOver"];
  readonly isUnderWay: () => boolean;
}

/**
 * Opens them, and has `undone` let go of them, should a later one not be had. Throws `EcluseError` where the state, the
 * inventory or the socket cannot be had.
 */
export async function openParts(
  options: ManagedGatewayOptions,
  handingOver: HandingOver,
  undone: AsyncDisposableStack,
): Promise<Parts> {
  const { doors, metrics: passed } = sorted(options);
  const records = undone.adopt(recordsOf(options), (opened) => opened.close());
  const gateway = undone.adopt(gatewayOf(options, records, doors), stopAtOnce);
  const page = (): ReturnType<MetricsPortOptions["page"]> =>
    handingOver.isUnderWay() ? Promise.resolve(undefined) : metricsPage(asked);
  const where = (): Endpoint | undefined => changes.inventory.gateway.metrics;
  const metrics = undone.use(new MetricsPort({ ...metricsOptions(options, passed), where, page }));
  const dashboard = dashboardOf(options, () => changes.inventory.gateway.dashboard);
  const followed = (): void => {
    metrics.follow();
    dashboard?.follow();
  };
  const applied = (): void => file.applied();
  const changes: Changes = undone.use(await startChanges(options, { gateway, records, followed, applied }));
  const file: InventoryFile = inventoryFile(options, changes);
  const asked = askedOf(options, { gateway, changes, file, records, takeOver: handingOver.begin });
  const control = undone.use(await ControlServer.prepare(controlOptions(options, asked)));
  return { gateway, records, metrics, dashboard, changes, control, file };
}

async function stopAtOnce(gateway: Gateway): Promise<void> {
  await gateway.stop(0);
}

function recordsOf({ state, journal, clock }: ManagedGatewayOptions): Records {
  return new Records({ file: join(state, "journal.sqlite"), ...journal, clock });
}

function gatewayOf(options: ManagedGatewayOptions, keep: Records, inherited: Inherited): Gateway {
  const { clock, tell, state, predecessor, keepRules, boot, refusalPeriod } = options;
  return new Gateway({
    ...{ clock, tell, keep, inherited, standby: predecessor !== undefined },
    shield: { mark: fileMark(join(state, "shield")) },
    keepRules: keepRules === true,
    table: { mark: tableMark(resolve(state, "kernel-table"), whereWeAre(boot)) },
    ...(refusalPeriod === undefined ? {} : { refusalPeriod }),
  });
}

function askedOf(
  { clock }: ManagedGatewayOptions,
  { records, ...parts }: Pick<Parts, "gateway" | "changes" | "file" | "records"> & Pick<Asked, "takeOver">,
): Asked {
  return {
    ...parts,
    clock,
    get journal() {
      return records.journal;
    },
  };
}

/** What is told of a change: that something else may be in force, and that the file is what was applied. */
interface Told {
  readonly followed: () => void;
  readonly applied: () => void;
}

async function startChanges(
  { clock, tell, read, file, state, first, predecessor }: ManagedGatewayOptions,
  { gateway, records, followed, applied }: Pick<Parts, "gateway" | "records"> & Told,
): Promise<Changes> {
  const commission = await predecessor?.commission;
  const changed = (change: Changed): void => {
    records.changed({ at: change.at, by: change.author, action: change.what, detail: change.detail });
    followed();
    gateway.live.changed({ what: change.what, by: change.author, detail: change.detail, at: change.at });
    if (change.what === "applied" || change.what === "unchanged") applied();
    if (change.what !== "started" && change.what !== "taken-over")
      tell({ event: "changed", what: change.what, by: change.author, detail: change.detail });
  };
  return Changes.start({
    ...{ file, state, clock, read, changed },
    apply: (policy) => gateway.apply(policy),
    rehearse: (policy) => gateway.rehearse(policy),
    // Whoever takes over changes nothing by it: what stands before the doors stood there before, and is told of.
    ...(commission === undefined ? { mayServe: (policy) => gateway.mayServe(policy) } : {}),
    ...(first === undefined ? {} : { first }),
    ...(commission === undefined ? {} : { passedOn: passedOn(commission) }),
  });
}

function inventoryFile({ tell, watch, first }: ManagedGatewayOptions, changes: Changes): InventoryFile {
  return new InventoryFile({
    ...{ changes, watch, ...(first === undefined ? {} : { first: hashOf(first.files) }) },
    pending: (change) => tell({ event: "pending", ...countChange(change) }),
    refused: (error) => {
      const findings = error instanceof RefusedInventory ? error.result.findings.length : 0;
      tell({ event: "not-applied", message: error.message, hint: error.hint, findings });
    },
  });
}

function passedOn({ lock, author }: Commission): NonNullable<ChangesOptions["passedOn"]> {
  return { lock, author, detail: `process ${process.ppid} to process ${process.pid}, version ${VERSION}` };
}

function dashboardOf(
  { clock, tell, control, state, dashboard: program }: ManagedGatewayOptions,
  where: () => Endpoint | undefined,
): DashboardProcess | undefined {
  if (program === undefined) return undefined;
  const changed = (listen: Endpoint, trouble: string | undefined): void => tell(dashboardEvent(listen, trouble));
  return new DashboardProcess({ clock, where, control, state, program, changed });
}

/** The sockets that listen already: those of doors, and the one on which metrics are served. */
function sorted({ inherited = new Map(), metrics }: Pick<ManagedGatewayOptions, "inherited" | "metrics">): {
  readonly doors: Inherited;
  readonly metrics: ReturnType<Inherited["get"]>;
} {
  const key = metrics === undefined ? undefined : endpointKey(metrics.address, metrics.port);
  const doors = new Map([...inherited].filter(([other]) => other !== key));
  return { doors, metrics: key === undefined ? undefined : inherited.get(key) };
}

function metricsOptions(
  { clock, tell }: ManagedGatewayOptions,
  passed: ReturnType<Inherited["get"]>,
): Omit<MetricsPortOptions, "where" | "page"> {
  return {
    clock,
    changed: (listen, cause) => tell(metricsEvent(listen, cause)),
    failed: (error) => tell({ event: "bug", stack: stackOf(error) }),
    ...(passed === undefined ? {} : { passed }),
  };
}

function controlOptions(options: ManagedGatewayOptions, asked: Asked): ControlOptions {
  const { control: path, controlGroup: group, tell, predecessor } = options;
  return {
    path,
    handlers: handlersOf(asked),
    failed: (error) => tell({ event: "bug", stack: stackOf(error) }),
    replace: predecessor !== undefined,
    ...(group === undefined ? {} : { group }),
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? "") : String(error);
}
