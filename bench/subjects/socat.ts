/** socat, which forks a process per connection: what the first founding document uses. */
import { missingProgram, type Plan, type Subject } from "./subject.ts";

export const socat: Subject = {
  name: "socat",
  description: "socat TCP-LISTEN,fork,range, a process per connection; backlog raised from 5 to 1024",
  missing: () => missingProgram("socat", "-V"),
  skips: { doors: "takes a process per door (7,128 processes)", change: "takes a process per door" },
  launch: (plan) => ({ files: {}, command: commandOf(plan) }),
};

/** With its own backlog of 5, concurrent connections wait a second for a SYN to be sent again. */
function commandOf({ doors, gateway, till }: Plan): readonly string[] {
  const [door] = doors;
  if (!door) throw new Error("socat needs a door");
  const listen = `TCP4-LISTEN:${door.port},bind=${gateway},range=${till}/32,fork,reuseaddr,backlog=1024`;
  return ["socat", listen, `TCP4:${door.target.address}:${door.target.port}`];
}
