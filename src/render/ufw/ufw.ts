/**
 * ufw, the firewall of the founding document: everything that comes is denied but SSH and the inventory's doors.
 *
 * In two forms that leave ufw with the same rules: its own calls, each of which takes most of a second once there are
 * thousands of rules, and the file that those calls write. Rules are for TCP: without `proto tcp` ufw opens UDP as well.
 */
import { EcluseError } from "../../errors.ts";
import type { Machine } from "../../inventory/model.ts";
import { type Host, gatewayHost, machineHost, refuseDoorOnSsh } from "../host.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { rulesOf } from "./rules.ts";
import { scriptOf } from "./script.ts";
import { userRulesOf } from "./user-rules.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return filesOf(gatewayHost(subject));
}

export function renderMachine(subject: Subject, machine: Machine): readonly RenderedFile[] {
  return filesOf(machineHost(subject, machine));
}

/** A host without a door of the inventory is nobody's to close: who knows what else runs there. */
function filesOf(host: Host): readonly RenderedFile[] {
  if (host.doors.length === 0) return [];
  refuseToLockOut(host);
  refuseDoorOnSsh(host, "ufw");
  const rules = rulesOf(host);
  return [
    { path: "ufw/ecluse-ufw.sh", first: "#!/bin/sh", body: scriptOf(rules), comment: "#", executable: true },
    { path: "ufw/user.rules", body: userRulesOf(rules), comment: "#" },
  ];
}

function refuseToLockOut({ name, ssh, sshKey }: Host): void {
  if (ssh.length > 0) return;
  throw new EcluseError(
    "cannot-render",
    `Cannot render ufw for ${name}: nobody may come by SSH, so that it would lock its administrators out`,
    { hint: `name them in ${sshKey}` },
  );
}
