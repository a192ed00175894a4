/**
 * A gateway that can be changed, asked and replaced while it runs: the engine, what is in force, the journal and the
 * control socket.
 *
 * Wires them and owns their lives, in this order: state, doors, control, journal; and back. The caller brings paths,
 * clock, a way to read inventories, and somewhere for events to go. How one process takes over from another:
 * docs/decisions/take-over.md.
 */
import { join, resolve } from "node:path";
import type { Asked } from "../answers/asked.ts";
import { handlersOf } from "../answers/handlers.ts";
import { metricsPage } from "../answers/metrics.ts";
import type { TakeOverAnswer } from "../answers/take-over.ts";
import { type Changed, Changes, type ChangesOptions } from "../change/changes.ts";
import { hashOf } from "../change/history-entry.ts";
import { InventoryFile } from "../change/inventory-file.ts";
import type { Origin } from "../change/read-apart.ts";
import { RefusedInventory } from "../change/refused-inventory.ts";
import { watchFiles } from "../change/watch.ts";
import { type ControlOptions, ControlServer } from "../control/server.ts";
import type { Clock, Inherited } from "../engine/engine.ts";
import type { HandedOver } from "../engine/handover.ts";
import { tableMark, whereWeAre } from "../engine/kernel/table-mark.ts";
import { EcluseError } from "../errors.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { LoadResult } from "../inventory/load.ts";
import type { Endpoint } from "../inventory/model.ts";
import { Records } from "../journal/records.ts";
import { type GatewayEvent, dashboardEvent, metricsEvent } from "../observe/events.ts";
import { MetricsPort, type MetricsPortOptions } from "../observe/metrics-port.ts";
import { countChange } from "../policy/compare-lines.ts";
import { watchSilent } from "../probe/watch.ts";
import { endpointKey } from "../policy/policy.ts";
import { fileMark } from "../shield/mark.ts";
import type { Settings } from "../take-over/messages.ts";
import type { Commission, Predecessor } from "../take-over/predecessor.ts";
import { type Program, Successor } from "../take-over/successor.ts";
import { VERSION } from "../version.ts";
import { DashboardProcess } from "../web/dashboard-process.ts";

/** How often a change is rehearsed after the start, and how long to wait before each, in milliseconds. */
const REHEARSALS = 4;
const BETWEEN_REHEARSALS = 500;

export interface ManagedGatewayOptions extends Settings {
  /** What the file said a moment ago, so that it need not be read again; without errors. */
  readonly first?: LoadResult;
  readonly clock: Clock;
  readonly read: (origin: Origin) => Promise<LoadResult>;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** How this program was called; called so again, it takes over. */
  readonly program: Program;
  /** How often refusals are told while they go on, in milliseconds; default as `Gateway` has it. */
  readonly refusalPeriod?: number;
  /** The program that serves the dashboard; absent: nobody does. */
  readonly dashboard?: URL;
  /** Sockets that listen already. */
  readonly inherited?: Inherited;
  /** The process to take over from. */
  readonly predecessor?: Predecessor;
  /** Called once every door is open, and awaited before a predecessor is let go. */
  readonly serving?: () => Promise<void>;
  /** With the kernel engine: doors and sessions stay when the gateway stops. */
  readonly keepRules?: boolean;
  /** Which start of the machine this is, where the service manager says so; default: as the kernel says. */
  readonly boot?: string | undefined;
}

export class ManagedGateway {
  readonly #options: ManagedGatewayOptions;
  readonly #gateway: Gateway;
  readonly #records: Records;
  readonly #changes: Changes;
  readonly #handedOver = Promise.withResolvers<{ readonly cut: number }>();
  /** Ends a hand-over under way. */
  readonly #stopping = new AbortController();
  #isHandedOver = false;
  #control: ControlServer;
  readonly #metrics: MetricsPort;
  readonly #dashboard: DashboardProcess | undefined;
  /** Another process may be counting: then no metrics can be told here. */
  #isHandingOver = false;
  #stopWatching: () => void = () => undefined;
  #stopRehearsing: (() => void) | undefined;
  #stopProbing: (() => void) | undefined;
  readonly #file: InventoryFile;

  private constructor(options: ManagedGatewayOptions, parts: Parts) {
    this.#options = options;
    this.#gateway = parts.gateway;
    this.#records = parts.records;
    this.#metrics = parts.metrics;
    this.#dashboard = parts.dashboard;
    this.#changes = parts.changes;
    this.#control = parts.control;
    this.#file = parts.file;
  }

  /** Not at once: who waited for the doors comes first. */
  #rehearse(clock: Clock): void {
    let left = REHEARSALS;
    const stop = clock.every(BETWEEN_REHEARSALS, () => {
      this.#changes.rehearse();
      left -= 1;
      if (left === 0) stop();
    });
    this.#stopRehearsing = stop;
  }

  /** Opens the doors of what is in force. Throws `EcluseError` where the state, the inventory or the socket cannot be had. */
  static async start(options: ManagedGatewayOptions): Promise<ManagedGateway> {
    const { clock, tell, state, predecessor, refusalPeriod } = options;
    const { doors: inherited, metrics: passed } = sorted(options);
    await using undone = new AsyncDisposableStack();
    const records = undone.adopt(
      new Records({ file: join(state, "journal.sqlite"), ...options.journal, clock }),
      (opened) => opened.close(),
    );
    const gateway = undone.adopt(
      new Gateway({
        ...{ clock, tell, keep: records, inherited, standby: predecessor !== undefined },
        shield: { mark: fileMark(join(state, "shield")) },
        keepRules: options.keepRules === true,
        table: { mark: tableMark(resolve(state, "kernel-table"), whereWeAre(options.boot)) },
        ...(refusalPeriod === undefined ? {} : { refusalPeriod }),
      }),
      async (opened) => {
        await opened.stop(0);
      },
    );
    const metrics: MetricsPort = undone.use(
      new MetricsPort({
        ...metricsOptions(options, passed),
        where: (): Endpoint | undefined => changes.inventory.gateway.metrics,
        page: (): Promise<AsyncIterable<string> | undefined> =>
          managed.#isHandingOver ? Promise.resolve(undefined) : metricsPage(asked),
      }),
    );
    const dashboard = dashboardOf(options, () => changes.inventory.gateway.dashboard);
    const followed = (): void => {
      metrics.follow();
      dashboard?.follow();
    };
    const applied = (): void => file.applied();
    const changes = undone.use(await startChanges(options, { gateway, records, followed, applied }));
    const file: InventoryFile = inventoryFile(options, changes);
    const asked: Asked = {
      gateway,
      changes,
      clock,
      file,
      get journal() {
        return records.journal;
      },
      takeOver: (author, within) => managed.#handOver(author, within),
    };
    const control = undone.use(await ControlServer.prepare(controlOptions(options, asked)));
    const managed = new ManagedGateway(options, { gateway, records, metrics, dashboard, changes, control, file });
    await managed.#begin();
    // All of it is the managed gateway's to dispose of.
    undone.move();
    return managed;
  }

  async #begin(): Promise<void> {
    const { predecessor, clock, first, serving } = this.#options;
    if (predecessor === undefined) {
      await this.#control.publish();
      this.#records.open();
      await serving?.();
    } else await this.#changes.takeUp(() => this.#takeOver(predecessor));
    this.#metrics.serve();
    this.#dashboard?.serve();
    this.#stopWatching = watchFiles({
      files: () => this.#changes.entry.files.map(({ file }) => file),
      clock,
      changed: () => void this.#file.look(),
    });
    this.#rehearse(clock);
    this.#stopProbing = watchSilent({
      clock,
      flows: () => this.#changes.relayed,
      health: this.#gateway.health,
      probe: (flow) => this.#gateway.probe(flow),
    });
    if (this.#changes.entry.hash !== hashOf(first?.files ?? [])) void this.#file.look();
  }

  async #takeOver(predecessor: Predecessor): Promise<void> {
    const { tell, serving } = this.#options;
    const yours = await predecessor.ready();
    await this.#control.publish();
    const taken = this.#gateway.takeOver(yours, (order) => predecessor.order(order));
    predecessor.follow({
      reported: (report) => taken.reported(report),
      gone: () => {
        if (taken.size > 0) tell({ event: "lost", process: predecessor.pid, sessions: taken.size });
        taken.lost();
      },
    });
    this.#records.open();
    tell({ event: "took-over", from: predecessor.pid, sessions: yours.sessions.length });
    try {
      await taken.opened;
      await serving?.();
    } catch (error) {
      predecessor.giveUp();
      throw error;
    }
    predecessor.serving();
  }

  /** Starts the program anew and hands over to it; where that fails, nothing has changed. */
  #handOver(author: string, within: number): Promise<TakeOverAnswer> {
    const { tell, program } = this.#options;
    if (!this.#gateway.canHandOver) return Promise.reject(keptByTheKernel());
    const settings = settingsOf(this.#options, this.#metrics.listen);
    return this.#changes
      .passOn(async (lock) => {
        const signal = this.#stopping.signal;
        // Its port is the successor's to serve on. Not later: whoever enters then waits.
        await this.#dashboard?.[Symbol.asyncDispose]();
        const successor = await Successor.start({ program, settings, lock, author, within, signal });
        return this.#handOverTo(successor);
      })
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#dashboard?.serve();
        if (error instanceof EcluseError) tell({ event: "not-handed-over", message: error.message, hint: error.hint });
        throw error;
      });
  }

  async #handOverTo(successor: Successor): Promise<TakeOverAnswer> {
    await this.#gateway.leaveShield();
    const handed = this.#gateway.handOver((report) => successor.report(report));
    // What happens from here on, the other process counts.
    const { counters } = this.#gateway;
    this.#isHandingOver = true;
    try {
      await this.#records.close();
      await successor.handOver({ sessions: handed.sessions, counters }, (order) => handed.obey(order));
    } catch (error) {
      await successor.end();
      await this.#resume(handed);
      throw error;
    }
    handed.close();
    this.#isHandedOver = true;
    void successor.gone.then(() => this.#leftAlone(handed));
    this.#stopWatching();
    this.#metrics[Symbol.dispose]();
    this.#gateway.live.stream.end();
    void this.#control[Symbol.asyncDispose]();
    void handed.finished.then(async (finished) => {
      await successor.release();
      this.#handedOver.resolve(finished);
    });
    const [to, sessions] = [successor.pid, handed.sessions.length];
    this.#options.tell({ event: "handed-over", to, sessions });
    return { from: process.pid, to, version: successor.version, sessions };
  }

  /** What ends here from now on, nobody else keeps. */
  #leftAlone(handed: HandedOver): void {
    handed.alone();
    if (this.#gateway.sessions > 0) this.#records.open();
  }

  async #resume(handed: HandedOver): Promise<void> {
    handed.resume();
    await this.#gateway.comeBackToShield();
    this.#isHandingOver = false;
    this.#records.open();
    if (this.#stopping.signal.aborted || (await this.#control.isPublished())) return;
    const lost = this.#control;
    this.#control = await ControlServer.prepare({ ...lost.options, replace: true });
    await this.#control.publish();
    void lost[Symbol.asyncDispose]();
  }

  /** Whether another process has taken over. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  /** Resolves when another process has taken over and the last session left here has ended. */
  get handedOver(): Promise<{ readonly cut: number }> {
    return this.#handedOver.promise;
  }

  /** Milliseconds that sessions have to finish when it stops. */
  get drainLimit(): number {
    return this.#changes.policy.limits.drain;
  }

  /** Applies the file; what stands in the way is told, and changes nothing. */
  reload(author: string): Promise<void> {
    return this.#file.reload(author);
  }

  /** Closes every door, waits at most `limit` milliseconds for the sessions inside. May be called again with less. */
  stop(limit: number): Promise<{ readonly cut: number }> {
    this.#stopping.abort();
    this.#dashboard?.last();
    this.#stopWatching();
    this.#stopRehearsing?.();
    this.#stopProbing?.();
    return this.#gateway.stop(limit);
  }

  /** Lets go of socket, state and journal; after `stop`. */
  async close(): Promise<void> {
    this.#gateway.live.stream.end();
    this.#metrics[Symbol.dispose]();
    await this.#dashboard?.[Symbol.asyncDispose]();
    await this.#control[Symbol.asyncDispose]();
    await this.#changes[Symbol.asyncDispose]();
    await this.#records.close();
  }
}

interface Parts {
  readonly gateway: Gateway;
  readonly records: Records;
  readonly metrics: MetricsPort;
  readonly dashboard: DashboardProcess | undefined;
  readonly changes: Changes;
  readonly control: ControlServer;
  readonly file: InventoryFile;
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
    // Whoever takes over changes nothing by it: what stands before the doors stood there before, and is told of.
    ...(commission === undefined ? { mayServe: (policy) => gateway.mayServe(policy) } : {}),
    ...(first === undefined ? {} : { first }),
    ...(commission === undefined ? {} : { passedOn: passedOn(commission) }),
  });
}

function keptByTheKernel(): EcluseError {
  return new EcluseError("not-taken-over", "Cannot hand over: the kernel carries the sessions, and no process does", {
    hint: "serve with --keep-rules and start it again: doors and sessions stay meanwhile",
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

/** No more than these: what else the options hold cannot be sent to another process. */
function settingsOf(
  { file, state, control, controlGroup, journal, watch }: Settings,
  metrics: Endpoint | undefined,
): Settings {
  return {
    ...{ file, state, control, journal, watch },
    ...(controlGroup === undefined ? {} : { controlGroup }),
    ...(metrics === undefined ? {} : { metrics }),
  };
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

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? "") : String(error);
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
