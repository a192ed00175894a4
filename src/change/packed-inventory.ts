/**
 * An inventory on its way from the reading process: of its depots and sources, which may be thousands of objects, only those
 * that the gateway does not have.
 *
 * A depot of before is the same object afterwards, by which `compile` knows it. And nothing is made of it: what is made and
 * thrown away in the middle of a change, the sessions wait for.
 */
import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { Depot, Inventory, Source } from "../inventory/model.ts";

export interface PackedInventory extends Omit<Inventory, "depots" | "sources"> {
  readonly depots: readonly Packed[];
  readonly sources: readonly Packed[];
}

interface Packed {
  /** Of what is packed: two that say the same have the same. */
  readonly digest: string;
  /** Absent: the gateway has it. */
  readonly bytes?: Uint8Array;
}

/** `known`: digests of what the gateway has. */
export function pack(inventory: Inventory, known: ReadonlySet<string>): PackedInventory {
  const packed = (one: Depot | Source): Packed => {
    const bytes = serialize(one);
    const digest = createHash("sha256").update(bytes).digest("base64");
    return known.has(digest) ? { digest } : { digest, bytes };
  };
  return { ...inventory, depots: inventory.depots.map(packed), sources: inventory.sources.map(packed) };
}

/** Depots and sources, by digest. */
export type Unpacked = ReadonlyMap<string, Depot | Source>;

/** Keeps what the last inventory had, for the next one to have the same objects. */
export class Unpacking {
  #last: Unpacked = new Map();

  /** What is at hand now: to be given back with what was packed without it, for another reading may end before. */
  get atHand(): Unpacked {
    return this.#last;
  }

  /** Throws `TypeError` where something is missing. */
  unpack(inventory: PackedInventory, atHand: Unpacked): Inventory {
    const found = new Map<string, Depot | Source>();
    const unpacked = ({ digest, bytes }: Packed): Depot | Source => {
      const one = bytes === undefined ? atHand.get(digest) : (deserialize(bytes) as Depot | Source);
      if (one === undefined) throw new TypeError("a part of the inventory was neither sent nor known");
      found.set(digest, one);
      return one;
    };
    const depots = inventory.depots.map((depot) => unpacked(depot) as Depot);
    const sources = inventory.sources.map((source) => unpacked(source) as Source);
    this.#last = found;
    return { ...inventory, depots, sources };
  }
}
