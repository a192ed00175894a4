/** Groups of the system, by name. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** A directory that does not answer must not keep the gateway from starting for long; milliseconds. */
const PATIENCE = 5_000;

/**
 * The number of a group; `undefined`: there is none. `/etc/group` is read first, group(5), so that a gateway needs no program
 * for a group of its own host; then `getent` is asked, which knows the directories of nsswitch.conf(5), too.
 */
export async function groupNumber(name: string): Promise<number | undefined> {
  return numberIn(await readFile("/etc/group", "utf8").catch(() => ""), name) ?? numberIn(await asked(name), name);
}

/** Nothing where there is no such group, or no such program. */
async function asked(name: string): Promise<string> {
  const answer = promisify(execFile)("getent", ["group", name], { timeout: PATIENCE });
  return answer.then(
    ({ stdout }) => stdout,
    () => "",
  );
}

/** Lines are `name:password:number:members`. */
function numberIn(text: string, name: string): number | undefined {
  const line = text.split("\n").find((each) => each.startsWith(`${name}:`));
  const [, , number = ""] = line?.split(":") ?? [];
  return /^\d{1,10}$/.test(number) ? Number(number) : undefined;
}
