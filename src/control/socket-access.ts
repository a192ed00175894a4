/**
 * Who may use the control socket: its owner alone (0600), or the members of a group, too (0660).
 *
 * A group must also be able to enter the socket's folder. One that is the gateway's own, closed to others and holds nothing
 * but sockets is given to the group (0750); any other is left as it is, for what else lies in it is not the group's.
 */
import type { Stats } from "node:fs";
import { chmod, chown, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EcluseError } from "../errors.ts";
import { groupNumber } from "./group.ts";

/** Throws `cannot-listen`: no such group, not the gateway's to give, or a folder that the group cannot enter. */
export async function admit(path: string, group: string | undefined): Promise<void> {
  if (group === undefined) return chmod(path, 0o600);
  const number = await groupNumber(group);
  if (number === undefined) {
    throw refused(path, `there is no group ${group}`, `groupadd --system ${group}, or name another in gateway.control`);
  }
  await give(path, group, number);
  // Only now: before, another group would have it.
  await chmod(path, 0o660);
  await openFolder(dirname(path), path, { group, number });
}

/** The owner stays who it is. */
async function give(path: string, group: string, number: number): Promise<void> {
  try {
    await chown(path, -1, number);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPERM") throw cause;
    const hint = `add the gateway's user to the group (usermod --append --groups ${group} USER), then start it again`;
    throw refused(path, `it may not be given to the group ${group}, of which the gateway's user is no member`, hint);
  }
}

async function openFolder(
  folder: string,
  path: string,
  { group, number }: { readonly group: string; readonly number: number },
): Promise<void> {
  const found = await stat(folder);
  if (mayEnter(found, number)) return;
  const inside = await readdir(folder, { withFileTypes: true });
  if (found.uid !== process.geteuid?.() || (found.mode & 0o007) !== 0 || inside.some((entry) => !entry.isSocket())) {
    const hint = `name a socket in a folder of its own with gateway.control, or open this one to the group: chgrp ${group} ${folder}; chmod g+x ${folder}`;
    throw refused(path, `the group ${group} cannot enter ${folder}, and that is not the socket's alone`, hint);
  }
  await give(folder, group, number);
  await chmod(folder, 0o750);
}

/** path_resolution(7): the folder's group is judged by the group's bits alone. */
function mayEnter({ gid, mode }: Stats, group: number): boolean {
  return (mode & (gid === group ? 0o010 : 0o001)) !== 0;
}

function refused(path: string, why: string, hint: string): EcluseError {
  return new EcluseError("cannot-listen", `Cannot listen for commands on ${path}: ${why}`, { hint });
}
