/**
 * A gateway that can be changed, asked and replaced while it runs: the engine, what is in force, the journal and the
 * control socket.
 *
 * Wires them and owns their lives, in this order: state, doors, control, journal; and back. The caller brings paths,
 * clock, a way to read inventories, and somewhere for events to go. How one process takes over from another:
 * docs/decisions/take-over.md.
 */
import { setFlagsFromString } from "node:v8";
import { hashOf } from "../change/history-entry.ts";
import { watchFiles } from "../change/watch.ts";
import { ControlServer } from "../control/server.ts";
import type { Clock } from "../engine/engine.ts";
import type { Endpoint } from "../inventory/model.ts";
import { watchSilent } from "../probe/watch.ts";
import type { Settings } from "../take-over/messages.ts";
import { HandOver } from "./hand-over.ts";
import type { ManagedGatewayOptions } from "./options.ts";
import { type Parts, openParts } from "./parts.ts";
import { takeOver } from "./take-over.ts";

/** How often a change is rehearsed after the start, and how long to wait before each, in milliseconds. */
const REHEARSALS = 4;
const BETWEEN_REHEARSALS = 500;

export class ManagedGateway {
  readonly #options: ManagedGatewayOptions;
  readonly #parts: Parts;
  readonly #handOver: HandOver;
  #control: ControlServer;
  #stopWatching: () => void = () => undefined;
  #stopRehearsing: (() => void) | undefined;
  #stopProbing: (() => void) | undefined;

  private constructor(options: ManagedGatewayOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#control = parts.control;
    const { gateway, changes, records, dashboard, metrics } = parts;
    const { program, tell } = options;
    this.#handOver = new HandOver({
      ...{ gateway, changes, records, dashboard, program, tell },
      settings: () => settingsOf(options, metrics.listen),
      left: () => this.#left(),
      cameBack: () => this.#publishAgain(),
    });
  }

  /** Opens the doors of what is in force. Throws `EcluseError` where the state, the inventory or the socket cannot be had. */
  static async start(options: ManagedGatewayOptions): Promise<ManagedGateway> {
    await using undone = new AsyncDisposableStack();
    const handingOver = {
      begin: (author: string, within: number) => managed.#handOver.begin(author, within),
      isUnderWay: () => managed.#handOver.isUnderWay,
    };
    const managed: ManagedGateway = new ManagedGateway(options, await openParts(options, handingOver, undone));
    await managed.#begin();
    // All of it is the managed gateway's to dispose of.
    undone.move();
    return managed;
  }

  async #begin(): Promise<void> {
    const { predecessor, tell, serving } = this.#options;
    const { gateway, changes, records, metrics, dashboard } = this.#parts;
    const control = this.#control;
    if (predecessor === undefined) {
      await control.publish();
      records.open();
      await serving?.();
    } else await changes.takeUp(() => takeOver(predecessor, { gateway, control, records, tell, serving }));
    metrics.serve();
    dashboard?.serve();
    this.#look();
  }

  /** At the inventory's files, at how long a change takes, at terminals that nobody has heard of. */
  #look(): void {
    const { clock, first } = this.#options;
    const { gateway, changes, file } = this.#parts;
    this.#stopWatching = watchFiles({
      files: () => changes.entry.files.map((each) => each.file),
      clock,
      changed: () => void file.look(),
    });
    this.#rehearse(clock);
    this.#stopProbing = watchSilent({
      clock,
      flows: () => changes.relayed,
      health: gateway.health,
      probe: (flow) => gateway.probe(flow),
    });
    if (changes.entry.hash !== hashOf(first?.files ?? [])) void file.look();
  }

  /** Not at once: who waited for the doors comes first. */
  #rehearse(clock: Clock): void {
    const { changes } = this.#parts;
    let left = REHEARSALS;
    const stop = clock.every(BETWEEN_REHEARSALS, () => {
      changes.rehearse();
      left -= 1;
      if (left > 0) return;
      stop();
      if (changes.inventory.gateway.engine === "kernel") saveMemory();
    });
    this.#stopRehearsing = stop;
  }

  /** Another process serves: lets go of what that one has. */
  #left(): void {
    const { gateway, metrics } = this.#parts;
    this.#stopWatching();
    metrics[Symbol.dispose]();
    gateway.live.stream.end();
    void this.#control[Symbol.asyncDispose]();
  }

  /** Another process may have taken the control socket's name before it failed. */
  async #publishAgain(): Promise<void> {
    if (await this.#control.isPublished()) return;
    const lost = this.#control;
    this.#control = await ControlServer.prepare({ ...lost.options, replace: true });
    await this.#control.publish();
    void lost[Symbol.asyncDispose]();
  }

  /** Whether another process has taken over. */
  get isHandedOver(): boolean {
    return this.#handOver.isDone;
  }

  /** Resolves when another process has taken over and the last session left here has ended. */
  get handedOver(): Promise<{ readonly cut: number }> {
    return this.#handOver.finished;
  }

  /** Milliseconds that sessions have to finish when it stops. */
  get drainLimit(): number {
    return this.#parts.changes.policy.limits.drain;
  }

  /** Applies the file; what stands in the way is told, and changes nothing. */
  reload(author: string): Promise<void> {
    return this.#parts.file.reload(author);
  }

  /** Closes every door, waits at most `limit` milliseconds for the sessions inside. May be called again with less. */
  stop(limit: number): Promise<{ readonly cut: number }> {
    this.#handOver.abandon();
    this.#parts.dashboard?.last();
    this.#stopWatching();
    this.#stopRehearsing?.();
    this.#stopProbing?.();
    return this.#parts.gateway.stop(limit);
  }

  /** Lets go of socket, state and journal; after `stop`. */
  async close(): Promise<void> {
    const { gateway, metrics, dashboard, changes, records } = this.#parts;
    gateway.live.stream.end();
    metrics[Symbol.dispose]();
    await dashboard?.[Symbol.asyncDispose]();
    await this.#control[Symbol.asyncDispose]();
    await changes[Symbol.asyncDispose]();
    await records.close();
  }
}

/**
 * Has V8 give back what start and rehearsals left (8 MB with 7,128 doors): else it keeps room for as much again. Not where
 * this process relays, for it then collects more often. Not earlier either: what is compiled under other flags is another
 * compile cache, to which the journal's thread would come or not, as it happens.
 */
function saveMemory(): void {
  setFlagsFromString("--optimize-for-size");
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
