/** The last steps: whether the depot answers at all, and whether the terminal does. */
import type { Look, Looks, Step, Walk } from "./step.ts";
import { breaks, openSessions, passed, unknown } from "./step.ts";

const SOURCE = "a connection from this host";

/** Only where the terminal was silent, and there is somebody to compare it with. */
export function neighboursStep(walk: Walk, { terminal, neighbours }: Looks): readonly Step[] {
  if (typeof terminal === "string" || terminal.answer !== "silent") return [];
  const [busy] = openSessions(walk);
  if (busy !== undefined) {
    const line = `${busy.flow} since ${busy.started}`;
    return [passed("neighbours", "a session is open in the same depot", { source: "ecluse sessions", line })];
  }
  if (neighbours.length === 0) return [];
  const evidence = { source: SOURCE, line: neighbours.map(lineOf).join("\n") };
  const there = neighbours.find(({ answer }) => answer !== "silent");
  if (there !== undefined) return [passed("neighbours", `${there.flow} answers in the same depot`, evidence)];
  return [silentDepot(walk, neighbours.length, evidence)];
}

function silentDepot({ flow, name }: Walk, count: number, evidence: Step["evidence"]): Step {
  const { depot = 0, terminal = 0 } = flow.position ?? {};
  return breaks("neighbours", {
    what: `neither ${name} nor ${count === 1 ? "its neighbour" : `any of ${count} neighbours`} answers`,
    evidence,
    said: `Depot ${depot} does not answer at all: its line or its router is down; terminal ${terminal} is not the cause.`,
    fix: `look after the line and the router of depot ${depot}`,
  });
}

export function terminalStep(walk: Walk, { terminal, neighbours }: Looks): Step {
  const { flow, name } = walk;
  const session = openSessions(walk).find((each) => each.flow === flow.id);
  if (session !== undefined) {
    const line = `${session.flow} from ${session.source} since ${session.started}`;
    return passed("terminal", `a session is open at it${placesOf(walk)}`, {
      source: `ecluse sessions ${flow.id}`,
      line,
    });
  }
  if (typeof terminal === "string") {
    return unknown("terminal", "it was not looked at", { source: SOURCE, line: terminal });
  }
  const evidence = { source: SOURCE, line: lineOf(terminal) };
  if (terminal.answer === "connected") return passed("terminal", `${terminal.to} answers`, evidence);
  if (terminal.answer === "refused") {
    return breaks("terminal", {
      what: `${terminal.to} refuses the connection`,
      evidence,
      said: `${name} is switched on and refuses: its payment program does not run, or waits on another port.`,
      fix: "restart the terminal's payment program; compare its port with the inventory's",
    });
  }
  const alone = neighbours.length === 0 && flow.position !== undefined;
  return breaks("terminal", {
    what: `${terminal.to} does not answer`,
    evidence,
    said: alone
      ? `${name} does not answer, and there is no other in its depot to compare it with.`
      : `${name} does not answer, and everything before it is in order: look at its power and its cable.`,
    fix: "look at the terminal: power, cable, address",
  });
}

function placesOf({ flow }: Walk): string {
  return flow.sessions === undefined
    ? ""
    : `, of ${flow.sessions} at most: whoever comes now may wait or be turned away`;
}

function lineOf({ flow, to, code }: Look): string {
  return `${flow} ${to}: ${code}`;
}
