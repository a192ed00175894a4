/**
 * An inventory on its way from the reading process: its depots and sources, which may be thousands of objects, each packed
 * by itself, so that the gateway takes out only those that are not as they were.
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
  /** What is packed, in the fewest words: two that say the same have the same. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export function pack(inventory: Inventory): PackedInventory {
  return { ...inventory, depots: inventory.depots.map(packed), sources: inventory.sources.map(packed) };
}

function packed(one: Depot | Source): Packed {
  const bytes = serialize(one);
  return { digest: createHash("sha256").update(bytes).digest("base64"), bytes };
}

export class Unpacking {
  readonly #depots = new Kept<Depot>();
  readonly #sources = new Kept<Source>();

  /** What the one unpacked before had, too, is the same object. */
  unpack(inventory: PackedInventory): Inventory {
    return {
      ...inventory,
      depots: this.#depots.unpack(inventory.depots),
      sources: this.#sources.unpack(inventory.sources),
    };
  }
}

class Kept<One> {
  #byDigest: ReadonlyMap<string, One> = new Map();

  unpack(all: readonly Packed[]): readonly One[] {
    const unpacked = all.map(({ digest, bytes }) => this.#byDigest.get(digest) ?? (deserialize(bytes) as One));
    this.#byDigest = new Map(all.map(({ digest }, index) => [digest, unpacked[index] as One]));
    return unpacked;
  }
}
