/**
 * Changes: the only door to `engine.apply`.
 *
 * Holds what is in force - the applied inventory, the temporary grants, what operators said of single flows - and
 * replaces it whole or not at all. Everything is durable before it is applied, and applied before it is acknowledged: a
 * restart never serves rules older than the last that were acknowledged. Changes are carried out one after another.
 */
import type { Clock } from "../engine/engine.ts";
import type { Applied } from "../engine/records.ts";
import { EcluseError } from "../errors.ts";
import type { LoadResult } from "../inventory/load.ts";
import type { Inventory } from "../inventory/model.ts";
import { escapeControls } from "../inventory/quote.ts";
import { selected } from "../inventory/selected.ts";
import { compare } from "../policy/compare.ts";
import type { PolicyChange } from "../policy/policy-change.ts";
import { compile } from "../policy/compile.ts";
import type { Policy, RelayedFlow, Standing } from "../policy/policy.ts";
import { Granted } from "./granted.ts";
import { History, type ListedEntry } from "./history.ts";
import { type AppliedFile, type Entry, hashOf } from "./history-entry.ts";
import { pendingOf, type Pending } from "./history-confirm.ts";
import { type Operation, operate, standings } from "./operations.ts";
import { openOperations } from "./operations-store.ts";
import { Probation } from "./probation.ts";
import { accepted } from "./refused-inventory.ts";
import type { SealedRecord } from "./state-sealed.ts";
import type { Origin } from "./read-apart.ts";
import { type State, openState } from "./state.ts";
import type { TemporaryGrant } from "./temporary-grants.ts";
import { openTemporaryGrants } from "./temporary-grants-store.ts";

/** Changes in a rehearsal, back and forth: until code is as quick as it gets it has to be run some ten times. */
const REHEARSED = 4;

export interface ChangesOptions {
  /** The inventory's file: an absolute path. */
  readonly file: string;
  /** What the file said a moment ago, so that it need not be read again; without errors. */
  readonly first?: LoadResult;
  /** The state directory. */
  readonly state: string;
  readonly clock: Clock;
  /** Reads an inventory; findings are in the result. */
  readonly read: (origin: Origin) => Promise<LoadResult>;
  /** The engine's. */
  readonly apply: (policy: Policy) => Promise<Applied>;
  /** The engine's: works out what `apply` would need, and throws it away. */
  readonly rehearse?: (policy: Policy) => void;
  /** Asked at the start, before anything is kept or opened; throws where this policy must not be served here. */
  readonly mayServe?: (policy: Policy) => Promise<void>;
  /** Told of each change once it is in force. */
  readonly changed: (change: Changed) => void;
  /** The lock's descriptor and who asked, where another process of this gateway has passed the state on. */
  readonly passedOn?: { readonly lock: number; readonly author: string; readonly detail: string };
}

/** A change that is in force: for the journal and the log. */
export interface Changed {
  readonly what:
    | "started"
    | "taken-over"
    | "applied"
    | "unchanged"
    | "confirmed"
    | "rolled-back"
    | "not-rolled-back"
    | "granted"
    | "revoked"
    | "operated";
  readonly author: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In words, for a person. */
  readonly detail: string;
}

/** What a plan says: a change as access, and the file's findings. */
export interface Plan {
  readonly change: PolicyChange;
  /** Absent where the inventory has errors: nothing would be applied. */
  readonly valid: boolean;
  readonly findings: LoadResult["findings"];
  readonly files: readonly AppliedFile[];
}

interface InForce {
  readonly entry: Entry;
  /** As written, without temporary grants. */
  readonly inventory: Inventory;
  readonly policy: Policy;
}

export class Changes implements AsyncDisposable {
  readonly #options: ChangesOptions;
  readonly #state: State;
  readonly #history: History;
  readonly #granted: Granted;
  readonly #operations: SealedRecord<readonly Operation[]>;
  #inForce: InForce;
  #changing: Promise<unknown> = Promise.resolve();
  #passedOn = false;
  readonly #probation: Probation;

  private constructor(options: ChangesOptions, stores: Stores, inForce: InForce) {
    this.#options = options;
    this.#state = stores.state;
    this.#history = stores.history;
    this.#granted = stores.granted;
    this.#operations = stores.operations;
    this.#inForce = inForce;
    this.#probation = new Probation({
      clock: options.clock,
      pending: () => this.pending,
      goBack: ({ rollbackTo }) => this.rollback("ecluse: not confirmed in time", rollbackTo),
      failed: (error) =>
        this.#tell("not-rolled-back", "ecluse", error instanceof Error ? error.message : String(error)),
    });
  }

  /**
   * Takes the state directory and applies what is in force: the last applied inventory, or at the first start the file.
   * Throws `inventory-refused` where the file is needed and has errors, `cannot-write` where the state cannot be had.
   */
  static async start(options: ChangesOptions): Promise<Changes> {
    const { passedOn } = options;
    const state = await openState(options.state, passedOn?.lock);
    try {
      const stores: Stores = {
        state,
        history: await History.open(state.folder),
        granted: new Granted(await openTemporaryGrants(state.folder), options.clock),
        operations: await openOperations(state.folder),
      };
      const changes = new Changes(options, stores, await inForceAtStart(options, stores));
      await options.apply(changes.#inForce.policy);
      stores.granted.watch((over, forget) => changes.#endOverdue(over, forget));
      if (passedOn !== undefined) changes.#tell("taken-over", passedOn.author, passedOn.detail);
      else changes.#tell("started", "ecluse", `inventory ${changes.#inForce.entry.number}`);
      return changes;
    } catch (error) {
      await state[Symbol.asyncDispose]();
      throw error;
    }
  }

  get policy(): Policy {
    return this.#inForce.policy;
  }

  /** As written, without temporary grants. */
  get inventory(): Inventory {
    return this.#inForce.inventory;
  }

  get entry(): Entry {
    return this.#inForce.entry;
  }

  get pending(): Pending | undefined {
    return pendingOf(this.#inForce.entry);
  }

  get operations(): readonly Operation[] {
    return this.#operations.value;
  }

  get grants(): ReturnType<Granted["in"]> {
    return this.#granted.in(this.#inForce.inventory);
  }

  history(): Promise<readonly ListedEntry[]> {
    return this.#history.list();
  }

  /**
   * Goes through changes without applying any: a terminal is taken away, and in the next turn added again. The first real
   * one would otherwise be the first to run its code, which takes four times as long then, and the sessions wait for it.
   */
  rehearse(): void {
    this.#rehearse(this.policy, REHEARSED);
  }

  #rehearse(before: Policy, left: number): void {
    const { inventory } = this.#inForce;
    const after = this.#compile(left % 2 === 0 ? withoutLast(inventory) : inventory, before);
    compare(before, after, this.#options.clock.wall());
    this.#options.rehearse?.(after);
    if (left > 1) setImmediate(() => this.#rehearse(after, left - 1));
  }

  /** What applying the file, or an entry of the history, would change. */
  async plan(number?: number): Promise<Plan> {
    const result = await this.#options.read(await this.#origin(number));
    const { inventory, findings, files } = result;
    const after = inventory === undefined ? this.policy : this.#compile(inventory);
    return { change: this.#compare(after), valid: inventory !== undefined, findings, files };
  }

  /** Applies the file, whole or not at all. `confirmWithin` in milliseconds: rolled back by itself unless confirmed. */
  apply(by: {
    readonly author: string;
    readonly note?: string;
    readonly confirmWithin?: number;
  }): Promise<PolicyChange> {
    return this.#next(async () => {
      const { inventory, files } = accepted(await this.#options.read({ file: this.#options.file }), this.#options.file);
      const policy = this.#compile(inventory);
      const change = this.#compare(policy);
      // The same once more is no application: the history is for what was different.
      if (hashOf(files) === this.entry.hash && by.confirmWithin === undefined && this.pending === undefined) {
        this.#tell("unchanged", by.author, `inventory ${this.entry.number}`);
        return change;
      }
      const entry = await this.#history.append({ ...by, at: this.#options.clock.wall(), files });
      await this.#enforce({ entry, inventory, policy });
      this.#probation.watch();
      this.#tell("applied", by.author, `inventory ${entry.number}`);
      return change;
    });
  }

  /** Keeps what was applied on probation. Throws `usage` where nothing waits for it. */
  confirm(author: string): Promise<number> {
    return this.#next(async () => {
      const entry = await this.#history.confirm(this.#options.clock.wall());
      this.#inForce = { ...this.#inForce, entry };
      this.#probation.watch();
      this.#tell("confirmed", author, `inventory ${entry.number}`);
      return entry.number;
    });
  }

  /** Applies an entry of the history again, as a new one; default: the one before the one in force. */
  rollback(author: string, number?: number): Promise<PolicyChange> {
    return this.#next(async () => {
      const target = number ?? (await this.#before());
      const { inventory } = accepted(
        await this.#options.read(await this.#origin(target)),
        `applied inventory ${target}`,
      );
      const policy = this.#compile(inventory);
      const change = this.#compare(policy);
      const entry = await this.#history.rollback(target, { at: this.#options.clock.wall(), author });
      await this.#enforce({ entry, inventory, policy });
      this.#probation.watch();
      this.#tell("rolled-back", author, `inventory ${entry.number}, as ${target}`);
      return change;
    });
  }

  /** Lets a source in for a while. */
  grant(request: {
    readonly source: string;
    readonly select: string;
    readonly duration: number;
    readonly reason: string;
    readonly author: string;
  }): Promise<TemporaryGrant> {
    return this.#next(async () => {
      const { source, duration, reason, author } = request;
      const flows = this.selected(request.select).map(({ id }) => id);
      const grant = await this.#granted.add({ source, flows, duration, reason, by: author }, this.#inForce.inventory);
      await this.#reapply();
      this.#tell("granted", author, `${grant.id}: ${source} at ${flows.join(", ")}, because: ${reason}`);
      return grant;
    });
  }

  /** Ends a temporary grant before its time. */
  revoke(author: string, id: string): Promise<void> {
    return this.#next(async () => {
      await this.#granted.revoke(id);
      await this.#reapply();
      this.#tell("revoked", author, id);
    });
  }

  /** Drains, closes or opens the flows that a selector names; resolves with their ids. */
  operate(request: {
    readonly select: string;
    readonly state: Standing | "open";
    readonly author: string;
    readonly reason?: string;
  }): Promise<readonly string[]> {
    return this.#next(async () => {
      const { select, state, author, reason } = request;
      const flows = this.selected(select).map(({ id }) => id);
      const because = reason === undefined ? {} : { reason };
      const now = this.#options.clock.wall();
      await this.#operations.update((list) => operate(list, { flows, state, by: author, ...because }, now));
      await this.#reapply();
      this.#tell("operated", author, `${state}: ${flows.join(", ")}`);
      return flows;
    });
  }

  /** The relayed flows that a selector names. Throws `no-such-flow` where there is none. */
  selected(text: string): readonly RelayedFlow[] {
    return selected(text, this.relayed);
  }

  /** The flows that the gateway carries. */
  get relayed(): readonly RelayedFlow[] {
    return this.policy.flows.filter((flow) => flow.kind === "relayed");
  }

  /**
   * Lets nothing change while another process takes the state on by its lock; where that fails, all is as before. Throws
   * `usage` while an application waits for its confirmation: one trial at a time.
   */
  passOn<T>(take: (lock: number) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      if (this.pending !== undefined) {
        throw new EcluseError("usage", "Cannot hand over while an inventory waits for its confirmation", {
          hint: "first ecluse confirm, or ecluse rollback",
        });
      }
      try {
        const taken = await take(this.#state.lock);
        this.#passedOn = true;
        this.#granted.stop();
        return taken;
      } catch (error) {
        this.#state.sign();
        throw error;
      }
    });
  }

  /**
   * Lets nothing change while this process takes up another's work; where that fails, nothing ever: that one goes on by
   * what it knows, and a change acknowledged here would be undone.
   */
  takeUp(work: () => Promise<void>): Promise<void> {
    return this.#next(async () => {
      try {
        await work();
      } catch (error) {
        this.#passedOn = true;
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#probation.stop();
    this.#granted.stop();
    await this.#changing;
    await this.#state[Symbol.asyncDispose]();
  }

  /** The newest entry that said something else than the one in force, and was not waiting for a confirmation. */
  async #before(): Promise<number> {
    if (this.pending !== undefined) return this.pending.rollbackTo;
    const heads = (await this.#history.list()).filter((head) => "hash" in head);
    const found = heads.findLast((head) => head.hash !== this.entry.hash && pendingOf(head) === undefined);
    if (found !== undefined) return found.number;
    throw new EcluseError("usage", "Cannot roll back: no other inventory was applied before", {
      hint: "ecluse history lists what was applied",
    });
  }

  async #origin(number: number | undefined): Promise<Origin> {
    return number === undefined ? { file: this.#options.file } : { entry: await this.#history.get(number) };
  }

  #compile(inventory: Inventory, before = this.policy): Policy {
    return compile(this.#granted.extend(inventory), standings(this.#operations.value), before);
  }

  #compare(after: Policy): PolicyChange {
    return compare(this.policy, after, this.#options.clock.wall());
  }

  async #enforce(inForce: InForce): Promise<void> {
    this.#inForce = inForce;
    await this.#options.apply(inForce.policy);
  }

  /** The same inventory, with other grants or operations. */
  #reapply(): Promise<void> {
    const { entry, inventory } = this.#inForce;
    return this.#enforce({ entry, inventory, policy: this.#compile(inventory) });
  }

  /** Enforced before it is forgotten. */
  #endOverdue(over: readonly TemporaryGrant[], forget: () => Promise<void>): Promise<void> {
    return this.#next(async () => {
      await this.#reapply();
      await forget();
      for (const { id, source } of over) this.#tell("revoked", "ecluse: its time is over", `${id}: ${source}`);
    });
  }

  #tell(what: Changed["what"], author: string, detail: string): void {
    this.#options.changed({ what, author, at: this.#options.clock.wall(), detail });
  }

  #next<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(() => {
      if (!this.#passedOn) return change();
      throw new EcluseError("no-gateway", "Cannot change anything here: another process has taken over", {
        hint: "ask again: it answers on the same socket",
      });
    });
    this.#changing = done.catch(() => undefined);
    return done;
  }
}

/** The same inventory with one terminal less; the same where it has none. */
function withoutLast(inventory: Inventory): Inventory {
  const [last, ...others] = inventory.depots.toReversed();
  if (last === undefined) return inventory;
  return { ...inventory, depots: [...others.toReversed(), { ...last, terminals: last.terminals.slice(0, -1) }] };
}

interface Stores {
  readonly state: State;
  readonly history: History;
  readonly granted: Granted;
  readonly operations: SealedRecord<readonly Operation[]>;
}

async function inForceAtStart(options: ChangesOptions, stores: Stores): Promise<InForce> {
  const at = options.clock.wall();
  await stores.history.rollbackIfDue(
    { kind: "restarted" },
    { at, author: "ecluse: restarted before it was confirmed" },
  );
  const last = await stores.history.last();
  if (last !== undefined) judgeOwner(options, last);
  const result = await readFirst(options, last);
  const { inventory, files } = accepted(result, last === undefined ? options.file : `applied inventory ${last.number}`);
  const policy = compile(stores.granted.extend(inventory), standings(stores.operations.value));
  await options.mayServe?.(policy);
  const entry = last ?? (await stores.history.append({ at, author: "ecluse: first start", files }));
  return { entry, inventory, policy };
}

/** One state directory, one inventory: another one's state would open another one's doors. */
function judgeOwner({ file, state }: ChangesOptions, { files }: Entry): void {
  const owner = files[0]?.file ?? "";
  if (owner === file) return;
  throw new EcluseError("usage", `Cannot serve ${file}: the state in ${state} is that of ${escapeControls(owner)}`, {
    hint: "give this inventory a state directory of its own, with gateway.state or --state",
  });
}

function readFirst({ file, first, read }: ChangesOptions, last: Entry | undefined): Promise<LoadResult> {
  if (first !== undefined && (last === undefined || last.hash === hashOf(first.files))) return Promise.resolve(first);
  return read(last === undefined ? { file } : { entry: last });
}
