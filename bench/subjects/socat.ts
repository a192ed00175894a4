/** socat as the first founding document uses it: a process per door, which forks one per connection. */
import { missingProgram, type Door, type Plan, type Subject } from "./subject.ts";

export const socat: Subject = {
  name: "socat",
  description: "socat TCP-LISTEN,fork,range: a process per door and one per connection; backlog raised from 5 to 1024",
  missing: () => missingProgram("socat", "-V"),
  skips: {
    doors: "takes a process per door (7,128 processes)",
    change: "takes a process per door",
    networks: "it knows one network",
    events: "it tells nothing",
  },
  launch: (plan) => ({ files: {}, command: ["sh", "-c", `${linesOf(plan).join("\n")}\nwait`] }),
};

function linesOf(plan: Plan): readonly string[] {
  return plan.doors.map((door) => `socat ${listenOf(plan, door)} TCP4:${door.target.address}:${door.target.port} &`);
}

/** With its own backlog of 5, concurrent connections wait a second for a SYN to be sent again. */
function listenOf({ gateway, till }: Plan, { port }: Door): string {
  return `TCP4-LISTEN:${port},bind=${gateway},range=${till}/32,fork,reuseaddr,backlog=1024`;
}
