/**
 * Changes: the only door to `engine.apply`.
 *
 * Holds what is in force - the applied inventory, the temporary grants, what operators said of single flows - and
 * replaces it whole or not at all. Everything is durable before it is applied, and applied before it is acknowledged: a
 * restart never serves rules older than the last that were acknowledged. Changes are carried out one after another.
 */
import type { Applied, Clock } from "../engine/engine.ts";
import { EcluseError } from "../errors.ts";
import type { LoadResult } from "../inventory/load.ts";
import type { Inventory } from "../inventory/model.ts";
import { escapeControls } from "../inventory/quote.ts";
import { selected } from "../inventory/selected.ts";
import { type PolicyChange, compare } from "../policy/compare.ts";
import { compile } from "../policy/compile.ts";
import type { Policy, RelayedFlow, Standing } from "../policy/policy.ts";
import { GrantDeadlines } from "./grant-deadlines.ts";
import { History, type ListedEntry } from "./history.ts";
import { type AppliedFile, type Entry, hashOf } from "./history-entry.ts";
import { pendingOf, type Pending } from "./history-confirm.ts";
import { type Operation, operate, standings } from "./operations.ts";
import { openOperations } from "./operations-store.ts";
import type { SealedRecord } from "./state-sealed.ts";
import type { Origin } from "./read-apart.ts";
import { type State, openState } from "./state.ts";
import {
  type GrantAside,
  type TemporaryGrant,
  type TemporaryGrants,
  addGrant,
  grantsAside,
  revokeGrant,
  withTemporaryGrants,
  withoutExpired,
} from "./temporary-grants.ts";
import { openTemporaryGrants } from "./temporary-grants-store.ts";

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

/** How often the time of temporary grants is looked at, in milliseconds. */
const LOOK = 500;

/** Milliseconds before a rollback that failed is tried again. */
const RETRY = 10_000;

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
  readonly #grants: SealedRecord<TemporaryGrants>;
  readonly #operations: SealedRecord<readonly Operation[]>;
  #inForce: InForce;
  #changing: Promise<unknown> = Promise.resolve();
  #passedOn = false;
  #stopProbation: (() => void) | undefined;
  readonly #deadlines = new GrantDeadlines();
  #stopLooking: (() => void) | undefined;
  #ending = false;

  private constructor(options: ChangesOptions, stores: Stores, inForce: InForce) {
    this.#options = options;
    this.#state = stores.state;
    this.#history = stores.history;
    this.#grants = stores.grants;
    this.#operations = stores.operations;
    this.#inForce = inForce;
    this.#noteGrants();
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
        grants: await openTemporaryGrants(state.folder),
        operations: await openOperations(state.folder),
      };
      const changes = new Changes(options, stores, await inForceAtStart(options, stores));
      await options.apply(changes.#inForce.policy);
      changes.#stopLooking = options.clock.every(LOOK, () => changes.#endOverdue());
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

  get entry(): Entry {
    return this.#inForce.entry;
  }

  get pending(): Pending | undefined {
    return pendingOf(this.#inForce.entry);
  }

  get operations(): readonly Operation[] {
    return this.#operations.value;
  }

  get grants(): { readonly list: readonly TemporaryGrant[]; readonly aside: readonly GrantAside[] } {
    const { list } = withoutExpired(this.#lasting, this.#options.clock.wall());
    return { list, aside: grantsAside(this.#inForce.inventory, list, this.#options.clock.wall()) };
  }

  history(): Promise<readonly ListedEntry[]> {
    return this.#history.list();
  }

  /**
   * Goes through a change that changes nothing. The first real one would otherwise be the first to run its code, which
   * takes four times as long then, and the sessions wait for it.
   */
  rehearse(): void {
    this.#compare(this.#compile(this.#inForce.inventory));
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
      this.#watchProbation();
      this.#tell("applied", by.author, `inventory ${entry.number}`);
      return change;
    });
  }

  /** Keeps what was applied on probation. Throws `usage` where nothing waits for it. */
  confirm(author: string): Promise<number> {
    return this.#next(async () => {
      const entry = await this.#history.confirm(this.#options.clock.wall());
      this.#inForce = { ...this.#inForce, entry };
      this.#watchProbation();
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
      this.#watchProbation();
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
      const now = this.#options.clock.wall();
      const { inventory } = this.#inForce;
      const { list } = await this.#grants.update((grants) =>
        addGrant(withoutExpired(grants, now), { source, flows, duration, reason, by: author }, { inventory, now }),
      );
      this.#noteGrants();
      await this.#reapply();
      const grant = list.at(-1) as TemporaryGrant;
      this.#tell("granted", author, `${grant.id}: ${source} at ${flows.join(", ")}, because: ${reason}`);
      return grant;
    });
  }

  /** Ends a temporary grant before its time. */
  revoke(author: string, id: string): Promise<void> {
    return this.#next(async () => {
      await this.#grants.update((grants) => revokeGrant(grants, id));
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
    const relayed = this.policy.flows.filter((flow) => flow.kind === "relayed");
    return selected(text, relayed);
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
        return taken;
      } catch (error) {
        this.#state.sign();
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopProbation?.();
    this.#stopLooking?.();
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

  #compile(inventory: Inventory): Policy {
    const wall = this.#options.clock.wall();
    return compileWith(inventory, this.#lasting, this.#operations.value, { now: wall, before: this.policy });
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

  /** Without those that are over by the clock that nobody sets. */
  get #lasting(): TemporaryGrants {
    const grants = this.#grants.value;
    const over = this.#overdue();
    return over.length === 0 ? grants : { ...grants, list: grants.list.filter((grant) => !over.includes(grant)) };
  }

  #overdue(): readonly TemporaryGrant[] {
    return this.#deadlines.over(this.#grants.value.list, this.#options.clock.monotonic());
  }

  #noteGrants(): void {
    const { clock } = this.#options;
    this.#deadlines.note(this.#grants.value.list, { wall: clock.wall(), monotonic: clock.monotonic() });
  }

  /**
   * Ends what the wall clock, set back, would let last; the others have ended by it. Enforced first: a disk that cannot be
   * written to lets nobody in, and is tried again.
   */
  #endOverdue(): void {
    const { clock } = this.#options;
    const over = this.#overdue().filter(({ until }) => clock.wall() < until);
    if (over.length === 0 || this.#ending) return;
    this.#ending = true;
    const ended = this.#next(async () => {
      await this.#reapply();
      const ids = new Set(over.map(({ id }) => id));
      await this.#grants.update((grants) => ({ ...grants, list: grants.list.filter(({ id }) => !ids.has(id)) }));
      for (const { id, source } of over) this.#tell("revoked", "ecluse: its time is over", `${id}: ${source}`);
    });
    const again = (): void => void (this.#ending = false);
    ended.then(again, () => {
      const stop = clock.every(RETRY, () => {
        stop();
        again();
      });
    });
  }

  /** Rolls back when the time to confirm is over, by a clock that nobody sets. */
  #watchProbation(): void {
    this.#stopProbation?.();
    this.#stopProbation = undefined;
    const { pending } = this;
    if (pending === undefined) return;
    this.#stopProbation = this.#options.clock.every(pending.within, () => {
      this.#stopProbation?.();
      // Confirmed or rolled back in the same turn: then nothing waits any more.
      if (this.pending?.number === pending.number) this.#endProbation(pending);
    });
  }

  /** A full disk does not keep an unconfirmed inventory in force for good: it is tried again until it is gone. */
  #endProbation({ number, rollbackTo }: Pending): void {
    this.rollback("ecluse: not confirmed in time", rollbackTo).catch((error: unknown) => {
      this.#tell("not-rolled-back", "ecluse", error instanceof Error ? error.message : String(error));
      this.#stopProbation = this.#options.clock.every(RETRY, () => {
        this.#stopProbation?.();
        if (this.pending?.number === number) this.#endProbation({ ...this.pending, rollbackTo });
      });
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

interface Stores {
  readonly state: State;
  readonly history: History;
  readonly grants: SealedRecord<TemporaryGrants>;
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
  const entry = last ?? (await stores.history.append({ at, author: "ecluse: first start", files }));
  return {
    entry,
    inventory,
    policy: compileWith(inventory, stores.grants.value, stores.operations.value, { now: at }),
  };
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

function compileWith(
  inventory: Inventory,
  grants: TemporaryGrants,
  operations: readonly Operation[],
  { now, before }: { readonly now: number; readonly before?: Policy },
): Policy {
  return compile(withTemporaryGrants(inventory, grants.list, now), standings(operations), before);
}

/** Throws `inventory-refused`, with the findings, where it has errors. */
function accepted(
  result: LoadResult,
  what: string,
): { readonly inventory: Inventory; readonly files: readonly AppliedFile[] } {
  if (result.inventory !== undefined) return { inventory: result.inventory, files: result.files };
  throw new RefusedInventory(what, result);
}

/** An inventory with errors; carries them for whoever prints. */
export class RefusedInventory extends EcluseError {
  readonly result: LoadResult;

  constructor(what: string, result: LoadResult) {
    const errors = result.findings.filter(({ severity }) => severity === "error");
    const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
    super("inventory-refused", `Cannot apply ${what}: it has ${count}, so nothing was changed and no door opened`, {
      hint: `${errors[0]?.message ?? "mend it"}; ecluse check shows all`,
    });
    this.result = result;
  }
}
