/** Which gateway a command speaks to, and where that one keeps its state. */
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { parseDocument } from "yaml";
import { type LoadResult, loadInventory } from "../inventory/load.ts";
import type { Gateway } from "../inventory/model.ts";
import type { Invocation } from "./command.ts";
import { textOption } from "./given.ts";
import { inventoryFile } from "./inventory-file.ts";
import { defaultControl, defaultState } from "./places.ts";

type Given = Pick<Invocation, "options" | "io">;

/** The socket of the running gateway: --control, $ECLUSE_CONTROL, the inventory's gateway.control, or the default. */
export function controlSocket(given: Given): string {
  const named = namedSocket(given);
  if (named !== undefined) return named;
  const gateway = inventoryPlaces(given);
  return gateway?.control ?? defaultControl(given, gateway?.state ?? defaultState(given));
}

/** With its socket named: who asks many times would else read the inventory as often, which takes long for a large one. */
export function withSocket<G extends Given>(given: G): G {
  return { ...given, options: { ...given.options, control: controlSocket(given) } };
}

/**
 * The state directory of the same gateway: --state, the inventory's gateway.state, or the default. `undefined`: only its
 * socket was named, and the state may be anywhere.
 */
export function stateFolder(given: Given): string | undefined {
  const named = textOption(given.options, "state");
  if (named !== undefined) return named;
  if (namedSocket(given) !== undefined) return undefined;
  return inventoryPlaces(given)?.state ?? defaultState(given);
}

function namedSocket({ options, io }: Given): string | undefined {
  const named = options["control"] ?? io.env["ECLUSE_CONTROL"];
  return typeof named === "string" && named !== "" ? named : undefined;
}

/** The gateway as its inventory describes it; `undefined` where there is none, or it has errors. */
export function inventoryGateway(given: Given): Gateway | undefined {
  const file = inventoryFile(given);
  return existsSync(file) ? loadInventory(file).inventory?.gateway : undefined;
}

interface Places {
  readonly control?: string;
  readonly state?: string;
}

function inventoryPlaces(given: Given): Places | undefined {
  const file = inventoryFile(given);
  return existsSync(file) ? placesIn(loadInventory(file)) : undefined;
}

/** Also of a file with errors, as far as it can be read: going back must not wait until it is mended. */
function placesIn({ inventory, files }: LoadResult): Places {
  if (inventory !== undefined) return inventory.gateway;
  const written = parseDocument(files[0]?.text ?? "");
  const place = (key: keyof Places, ...at: readonly string[]): Places => {
    const path = written.getIn(["gateway", key, ...at]);
    return typeof path === "string" && isAbsolute(path) ? { [key]: path } : {};
  };
  return { ...place("control"), ...place("control", "path"), ...place("state") };
}
