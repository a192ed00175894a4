/** What this host really does, against the inventory that is in force: as `ecluse audit`, and as it, only looking. */
import { collect } from "../../audit/host/collect.ts";
import { audit } from "../../audit/audit.ts";
import { askingsFor } from "../../audit/readings.ts";
import { type AuditReport, auditReport } from "../../audit/report.ts";
import { compile } from "../../policy/compile.ts";
import type { AppliedInventory } from "./applied-inventory.ts";

/** The inventory's name of the host that this runs on. */
const HERE = "gateway";

export interface HostAuditOptions {
  readonly inventory: AppliedInventory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class HostAudit {
  readonly #options: HostAuditOptions;
  #last: AuditReport | null = null;
  #running: Promise<AuditReport> | undefined;

  constructor(options: HostAuditOptions) {
    this.#options = options;
  }

  /** What was found last; `null`: nobody has looked since this process began. */
  get last(): AuditReport | null {
    return this.#last;
  }

  /** One at a time: whoever asks meanwhile gets the same. Throws `no-gateway`. */
  run(): Promise<AuditReport> {
    this.#running ??= this.#look().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #look(): Promise<AuditReport> {
    const { now } = this.#options;
    const { inventory } = await this.#options.inventory.current();
    const facts = [await collect({ host: HERE, askings: askingsFor(inventory, HERE), shell: ["sh"], now })];
    this.#last = auditReport(facts, audit(facts, { inventory, policy: compile(inventory), at: now() }));
    return this.#last;
  }
}
