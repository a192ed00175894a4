/**
 * The inventory that the gateway has applied: asked of it, and read in a process of its own, once for each.
 *
 * Reading thousands of terminals takes a second, in which no page would hear of anything.
 */
import { readApart } from "../../change/read-apart.ts";
import type { Answered } from "../../answers/answered.ts";
import { EcluseError } from "../../errors.ts";
import type { Inventory } from "../../inventory/model.ts";
import type { GatewaySocket } from "./gateway.ts";

type Answer = Answered["inventory"];

export interface Applied extends Answer {
  readonly inventory: Inventory;
}

export class AppliedInventory {
  readonly #gateway: GatewaySocket;
  #number: number | undefined;
  #read: Promise<Applied> | undefined;
  #last: Applied | undefined;

  constructor(gateway: GatewaySocket) {
    this.#gateway = gateway;
  }

  /** The one that was read last. */
  get last(): Applied | undefined {
    return this.#last;
  }

  /** The one in force now. Throws `no-gateway`. */
  async current(): Promise<Applied> {
    const answer = await this.#gateway.read("inventory");
    if (this.#number !== answer.entry.number) {
      this.#number = answer.entry.number;
      this.#read = read(answer);
      // One that could not be read is tried again.
      this.#read.catch(() => (this.#number = undefined));
    }
    this.#last = (await this.#read) ?? this.#last;
    return this.#last as Applied;
  }
}

async function read(answer: Answer): Promise<Applied> {
  const { entry, files } = answer;
  const result = await readApart({ entry: { ...entry, files } });
  if (result?.inventory !== undefined) return { ...answer, inventory: result.inventory };
  throw new EcluseError("no-gateway", "Cannot read the inventory that the gateway has applied", {
    hint: "the gateway may be of another version: start the dashboard of the same one",
  });
}
