/**
 * What both forms ask of Docker for every container: confined, stopped without cutting, its log kept small (Docker keeps
 * it for ever where it is not told otherwise).
 */
import type { Limits } from "../../inventory/model.ts";
import { USER } from "./dockerfile.ts";
import { list, text } from "./yaml.ts";

/** Seconds that a container is given beyond the drain time, to write its last lines and its journal. */
const LAST_LINES = 15;

/** A door takes one descriptor, a session two; so many are for all else: the engine's reserve, the journal, the socket. */
const OTHERS = 1_024;

/** Lines of a service with so many doors, indented. Written out each time: some readers refuse so many YAML aliases. */
export function confined(limits: Limits, doors: number): string {
  const descriptors = doors + 2 * limits.sessions + OTHERS;
  return `    user: ${text(USER)}
    read_only: true
    cap_drop: ${list(["ALL"])}
    security_opt: ${list(["no-new-privileges:true"])}
    ulimits: { nofile: { soft: ${descriptors}, hard: ${descriptors} } }
    stop_signal: ${text("SIGTERM")}
    stop_grace_period: ${text(`${graceOf(limits)}s`)}
    logging: { driver: ${text("json-file")}, options: { max-size: ${text("50m")}, max-file: ${text("10")} } }
`;
}

/** Docker kills what is still there by then: longer than the sessions inside may take to finish. */
export function graceOf({ drain }: Limits): number {
  return Math.ceil(drain / 1_000) + LAST_LINES;
}
