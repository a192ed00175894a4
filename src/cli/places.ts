/** Where a gateway keeps its state and listens for commands, unless its inventory says so. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Invocation } from "./command.ts";

type Given = Pick<Invocation, "options" | "io">;

/** The state directory: systemd's, the system's for root, the user's own. An XDG folder must be absolute to count. */
export function defaultState({ io: { env } }: Given): string {
  // systemd sets it for a unit with StateDirectory= (systemd.exec(5)); of several, the first.
  const given = env["STATE_DIRECTORY"]?.split(":")[0];
  if (given) return given;
  if (isRoot() && !absolute(env["XDG_STATE_HOME"])) return "/var/lib/ecluse";
  return join(absolute(env["XDG_STATE_HOME"]) ?? join(homedir(), ".local/state"), "ecluse");
}

/** The control socket, where neither the command line nor the inventory names one. */
export function defaultControl({ io: { env } }: Given, state: string): string {
  const runtime = absolute(env["XDG_RUNTIME_DIR"]);
  if (runtime !== undefined) return join(runtime, "ecluse", "ecluse.sock");
  return isRoot() && state === "/var/lib/ecluse" ? "/run/ecluse/ecluse.sock" : join(state, "ecluse.sock");
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") === true ? path : undefined;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
