/** Which inventory a command reads. */
import type { Invocation } from "./command.ts";

/** `--inventory FILE`, else `$ECLUSE_INVENTORY`, else `./ecluse.yaml`. */
export function inventoryFile({ options, io }: Pick<Invocation, "options" | "io">): string {
  const given = options["inventory"];
  if (typeof given === "string") return given;
  const named = io.env["ECLUSE_INVENTORY"];
  return named === undefined || named === "" ? "ecluse.yaml" : named;
}
