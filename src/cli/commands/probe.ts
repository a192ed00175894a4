/** `ecluse probe`: the running gateway looks whether terminals can be reached; many silent ones are said once. */
import type { Answered } from "../../answers/answered.ts";
import { describeTrouble } from "../../probe/correlate.ts";
import { ask } from "../ask.ts";
import type { Invocation, Run } from "../command.ts";
import { withSocket } from "../control-socket.ts";
import { formatInstant } from "../instant.ts";
import { Progress } from "../progress.ts";
import { formatTable } from "../table.ts";

/** Terminals asked at once: each is a connection through the tunnel, and a dial to nowhere takes seconds. */
const AT_ONCE = 16;

/** Before each, up to so long, in milliseconds: never all of a depot in one instant. */
const JITTER = 200;

type Row = Answered["probe"];

export const run: Run = async (given) => {
  const invocation = withSocket(given);
  const { operands, options, io } = invocation;
  const [select] = operands;
  const { flows } = await ask(invocation, "health", { select });
  const rows = await probeAll(
    invocation,
    flows.map(({ flow }) => flow),
  );
  const { troubles } = await ask(invocation, "health", { select });
  if (options["json"] !== undefined) io.out(`${JSON.stringify({ probes: rows, troubles }, null, 2)}\n`);
  else io.out(asText(rows, troubles));
  return troubles.length > 0 ? 1 : 0;
};

async function probeAll(invocation: Invocation, flows: readonly string[]): Promise<readonly Row[]> {
  const progress = new Progress(invocation.io, "probing", flows.length);
  const rows = new Map<string, Row>();
  const waiting = [...flows];
  const work = async (): Promise<void> => {
    for (let flow = waiting.shift(); flow !== undefined; flow = waiting.shift()) {
      if (flows.length > 1) await moment();
      rows.set(flow, await ask(invocation, "probe", { select: flow }));
      progress.step();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, flows.length) }, work));
  } finally {
    progress.end();
  }
  return flows.flatMap((flow) => rows.get(flow) ?? []);
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * JITTER));
}

const OUTCOMES: Readonly<Record<Row["outcome"], string>> = {
  reached: "takes connections",
  answered: "answers",
  mute: "takes connections and does not answer",
  failed: "cannot be reached",
  busy: "not tried: somebody is inside",
  "gave-way": "not finished: somebody came",
  forbidden: "not tried: probe: none",
};

function asText(rows: readonly Row[], troubles: Answered["health"]["troubles"]): string {
  const cells = rows.map(({ flow, outcome, duration, cause }) => [
    flow,
    cause === undefined ? OUTCOMES[outcome] : `${OUTCOMES[outcome]} (${cause})`,
    `${duration} ms`,
  ]);
  const table = formatTable(["FLOW", "", "TOOK"], cells);
  const said = troubles.map((trouble) => `${describeTrouble(trouble, formatInstant)}\n`);
  return said.length === 0 ? table : `${table}\n${said.join("")}`;
}
