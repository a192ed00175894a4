/** Which gateway a command speaks to. */
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { parseDocument } from "yaml";
import { type LoadResult, loadInventory } from "../inventory/load.ts";
import type { Invocation } from "./command.ts";
import { inventoryFile } from "./inventory-file.ts";
import { defaultControl, defaultState } from "./places.ts";

/** The socket of the running gateway: --control, $ECLUSE_CONTROL, the inventory's gateway.control, or the default. */
export function controlSocket(given: Pick<Invocation, "options" | "io">): string {
  const named = given.options["control"] ?? given.io.env["ECLUSE_CONTROL"];
  if (typeof named === "string" && named !== "") return named;
  const file = inventoryFile(given);
  const gateway = existsSync(file) ? placesIn(loadInventory(file)) : undefined;
  return gateway?.control ?? defaultControl(given, gateway?.state ?? defaultState(given));
}

interface Places {
  readonly control?: string;
  readonly state?: string;
}

/** Also of a file with errors, as far as it can be read: going back must not wait until it is mended. */
function placesIn({ inventory, files }: LoadResult): Places {
  if (inventory !== undefined) return inventory.gateway;
  const written = parseDocument(files[0]?.text ?? "");
  const place = (key: keyof Places): Places => {
    const path = written.getIn(["gateway", key]);
    return typeof path === "string" && isAbsolute(path) ? { [key]: path } : {};
  };
  return { ...place("control"), ...place("state") };
}
