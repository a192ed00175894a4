/**
 * A gateway that can be changed and asked while it runs: the engine, what is in force, the journal and the control socket.
 *
 * Wires them and owns their lives, in this order: state, journal, doors, control; and back. The caller brings paths,
 * clock, a way to read inventories, and somewhere for events to go.
 */
import { join } from "node:path";
import { handlersOf } from "./answers.ts";
import { type Changed, Changes, RefusedInventory } from "./change/changes.ts";
import { hashOf } from "./change/history-entry.ts";
import type { Origin } from "./change/read-apart.ts";
import { watchFiles } from "./change/watch.ts";
import { ControlServer } from "./control/server.ts";
import type { Clock } from "./engine/engine.ts";
import { EcluseError } from "./errors.ts";
import { Gateway } from "./gateway.ts";
import type { LoadResult } from "./inventory/load.ts";
import { Journal } from "./journal/journal.ts";
import type { GatewayEvent } from "./observe/events.ts";
import { countChange } from "./policy/compare-lines.ts";
import { isNoChange } from "./policy/compare.ts";

/** How often a change is rehearsed after the start, and how long to wait before each, in milliseconds. */
const REHEARSALS = 4;
const BETWEEN_REHEARSALS = 500;

/** How long the journal may take for its last rows, in milliseconds. */
const LAST_ROWS = 2_000;

export interface ManagedGatewayOptions {
  /** The inventory's file. */
  readonly file: string;
  /** What the file said a moment ago, so that it need not be read again; without errors. */
  readonly first?: LoadResult;
  /** The state directory: applied inventories, grants, journal. */
  readonly state: string;
  /** The control socket. */
  readonly control: string;
  readonly journal: { readonly keep: number; readonly size: number };
  /** Apply the file when it changes, instead of announcing it. */
  readonly watch: boolean;
  readonly clock: Clock;
  readonly read: (origin: Origin) => Promise<LoadResult>;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
}

export class ManagedGateway {
  readonly #options: ManagedGatewayOptions;
  readonly #gateway: Gateway;
  readonly #journal: Journal;
  readonly #changes: Changes;
  readonly #control: ControlServer;
  readonly #stopWatching: () => void;
  #stopRehearsing: (() => void) | undefined;
  #announced = "";
  #reloading: Promise<void> | undefined;
  #reloadAgain: string | undefined;

  private constructor(options: ManagedGatewayOptions, parts: Parts) {
    this.#options = options;
    this.#gateway = parts.gateway;
    this.#journal = parts.journal;
    this.#changes = parts.changes;
    this.#control = parts.control;
    this.#stopWatching = watchFiles({
      files: () => this.#changes.entry.files.map(({ file }) => file),
      clock: options.clock,
      changed: () => void this.#fileChanged(),
    });
    this.#rehearse(options.clock);
    if (parts.changes.entry.hash !== hashOf(options.first?.files ?? [])) void this.#fileChanged();
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
    const { clock, tell, read, file, state, first } = options;
    const journal = new Journal({ file: join(state, "journal.sqlite"), ...options.journal, clock });
    const gateway = new Gateway({ clock, tell, keep: journal });
    const changed = (change: Changed): void => {
      journal.changed({ at: change.at, by: change.author, action: change.what, detail: change.detail });
      if (change.what !== "started")
        tell({ event: "changed", what: change.what, by: change.author, detail: change.detail });
    };
    try {
      const apply = gateway.apply.bind(gateway);
      const changes = await Changes.start({
        file,
        state,
        clock,
        read,
        apply,
        changed,
        ...(first === undefined ? {} : { first }),
      });
      const handlers = handlersOf({ gateway, journal, changes, clock });
      try {
        const control = await ControlServer.open({
          path: options.control,
          handlers,
          failed: (error) =>
            tell({ event: "bug", stack: error instanceof Error ? (error.stack ?? "") : String(error) }),
        });
        return new ManagedGateway(options, { gateway, journal, changes, control });
      } catch (error) {
        await changes[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      await gateway.stop(0);
      await journal.close(LAST_ROWS);
      throw error;
    }
  }

  /** Milliseconds that sessions have to finish when it stops. */
  get drainLimit(): number {
    return this.#changes.policy.limits.drain;
  }

  /**
   * Applies the file; what stands in the way is told, and changes nothing. Requests that come meanwhile are one: after
   * the last of them, the file as it is then has been applied.
   */
  reload(author: string): Promise<void> {
    this.#reloadAgain = author;
    this.#reloading ??= this.#reloadAll().finally(() => (this.#reloading = undefined));
    return this.#reloading;
  }

  async #reloadAll(): Promise<void> {
    while (this.#reloadAgain !== undefined) {
      const author = this.#reloadAgain;
      this.#reloadAgain = undefined;
      await this.#changes.apply({ author }).catch((error: unknown) => this.#tellRefused(error));
    }
  }

  /** Closes every door, waits at most `limit` milliseconds for the sessions inside. May be called again with less. */
  stop(limit: number): Promise<{ readonly cut: number }> {
    this.#stopWatching();
    this.#stopRehearsing?.();
    return this.#gateway.stop(limit);
  }

  /** Lets go of socket, state and journal; after `stop`. */
  async close(): Promise<void> {
    await this.#control[Symbol.asyncDispose]();
    await this.#changes[Symbol.asyncDispose]();
    await this.#journal.close(LAST_ROWS);
  }

  /** A file that has changed is validated and announced; nothing is applied unless that was asked for. */
  async #fileChanged(): Promise<void> {
    try {
      const { change, valid, files } = await this.#changes.plan();
      const seen = JSON.stringify(files);
      if (seen === this.#announced || (valid && isNoChange(change))) return;
      this.#announced = seen;
      if (valid && this.#options.watch) await this.reload("ecluse: the file changed");
      else if (valid) this.#options.tell({ event: "pending", ...countChange(change) });
      else this.#tellRefused(new EcluseError("inventory-refused", "it has errors", { hint: "ecluse check" }));
    } catch (error) {
      this.#tellRefused(error);
    }
  }

  #tellRefused(error: unknown): void {
    if (!(error instanceof EcluseError)) throw error;
    const findings = error instanceof RefusedInventory ? error.result.findings.length : 0;
    this.#options.tell({ event: "not-applied", message: error.message, hint: error.hint, findings });
  }
}

interface Parts {
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly changes: Changes;
  readonly control: ControlServer;
}
