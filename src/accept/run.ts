/**
 * Tries the cells: flows side by side, the cells of one flow one after another, so that no terminal has two visitors.
 *
 * Where the gateway says that somebody is inside, nobody knocks with a right to enter; and who is let in leaves as soon as
 * the gateway has reached the terminal. Every attempt is looked for in the gateway's journal afterwards.
 */
import type { Cell } from "./cell.ts";
import { type Heard, type Knocker, requestFor } from "./knock.ts";
import type { Evidence, Tried } from "./verdict.ts";

/** Flows at once. */
const AT_ONCE = 8;

/** To get a connection, in milliseconds. */
const PATIENCE = 5_000;

/** How long a connection is held to see whether it is refused after all, in milliseconds. */
const HOLD = 1_000;

/** How often the gateway is asked whether a session has come about, in milliseconds. */
const LOOK = 50;

/** A terminal closes behind its visitor; who knocks from here sees to it within half a second. */
const LEAVING = 2_000;

/** The gateway adds refusals up for 10 s before it writes them down; sessions are written within a second. */
const WRITTEN_DOWN = 13_000;
const LOOK_AGAIN = 500;

/** What the running gateway says. */
export interface Witness {
  /** The sessions that are open now. */
  readonly inside: (flow: string) => Promise<readonly Inside[]>;
  /** A session by this door, of this source, since the run began: open or ended. */
  readonly session: (visit: Visit) => Promise<Evidence["session"]>;
  /** How many of each source, or flow, the policy has refused since the run began. */
  readonly refused: (by: "source" | "flow") => Promise<ReadonlyMap<string, number>>;
}

export interface Visit {
  readonly flow: string;
  readonly source: string;
  /** `198.51.100.10:10101`. */
  readonly endpoint: string;
}

export interface Inside {
  readonly source: string;
  readonly endpoint: string;
  readonly rule: string;
  readonly phase: string;
}

export interface Running {
  /** By the vantage point's name. */
  readonly knockers: ReadonlyMap<string, Knocker>;
  /** Absent: no cell is of a flow that the gateway carries. */
  readonly witness?: Witness;
  /** How long the gateway may take to reach a terminal, in milliseconds. */
  readonly dial: number;
  /** Called after each cell. */
  readonly told: () => void;
}

export async function tryAll(cells: readonly Cell[], running: Running): Promise<readonly Tried[]> {
  const waiting = [...Map.groupBy(cells, ({ flow }) => flow).values()];
  const tried = new Map<Cell, Tried>();
  const work = async (): Promise<void> => {
    for (let flow = waiting.shift(); flow !== undefined; flow = waiting.shift()) {
      for (const cell of flow) {
        tried.set(cell, await tryOne(cell, running));
        running.told();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, work));
  const all = cells.flatMap((cell) => tried.get(cell) ?? []);
  return running.witness === undefined ? all : withEvidence(all, running.witness);
}

async function tryOne(cell: Cell, running: Running): Promise<Tried> {
  const knocker = cell.vantage === undefined ? undefined : running.knockers.get(cell.vantage);
  if (cell.skip !== undefined || knocker === undefined) return { cell };
  if (cell.kind === "relayed" && cell.expect === "connect") return visit(cell, knocker, running);
  const { host, port } = cell;
  const request = cell.http === true ? { request: requestFor(host, cell.forged) } : {};
  const hold = cell.http === true ? PATIENCE : HOLD;
  return { cell, heard: await knocker.knock({ host, port, ...request, patience: PATIENCE, hold }) };
}

/** Comes in, without a word, and leaves. */
async function visit(cell: Cell, knocker: Knocker, { witness, dial }: Running): Promise<Tried> {
  const { host, port, flow } = cell;
  if (witness === undefined) throw new TypeError(`no gateway to ask about ${flow}`);
  if ((await witness.inside(flow)).length > 0) return { cell, skip: "somebody-inside" };
  const enough = new AbortController();
  const knocking = knocker.knock({ host, port, patience: PATIENCE, hold: dial + HOLD, enough: enough.signal });
  const session = await seen(cell, knocking, witness);
  enough.abort();
  const heard = await knocking;
  await hasLeft(cell, witness);
  return { cell, heard, ...(session === undefined ? {} : { evidence: { session, refused: false } }) };
}

/** The session, once the gateway has reached its target; `undefined`: the visit ended before. */
async function seen(cell: Cell, knocking: Promise<Heard>, witness: Witness): Promise<Evidence["session"] | undefined> {
  const ours = visitOf(cell);
  for (let isOver = false; ;) {
    const inside = await witness.inside(cell.flow);
    const found = inside.find(({ source, endpoint, phase }) => {
      return source === ours.source && endpoint === ours.endpoint && phase === "open";
    });
    if (found !== undefined) return { rule: found.rule, outcome: "open" };
    if (isOver) return undefined;
    isOver = await Promise.race([knocking.then(() => true), moment(LOOK).then(() => false)]);
  }
}

function visitOf({ flow, from = "", host, port }: Cell): Visit {
  return { flow, source: from, endpoint: `${host}:${port}` };
}

/** The next visitor finds the terminal as this one did. */
async function hasLeft({ flow, from }: Cell, witness: Witness): Promise<void> {
  const deadline = performance.now() + LEAVING;
  while (performance.now() < deadline) {
    if (!(await witness.inside(flow)).some(({ source }) => source === from)) return;
    await moment(LOOK);
  }
}

/** Looks each attempt at the gateway up: refusals are awaited until they are written down. */
async function withEvidence(tried: readonly Tried[], witness: Witness): Promise<readonly Tried[]> {
  const asked = tried.filter(
    ({ cell, heard }) => isAtTheGateway(cell) && heard !== undefined && heard.how !== "no-way",
  );
  const refusals = await refusalsOf(asked, witness);
  const found = new Map<Tried, Tried>();
  for (const each of asked) {
    const session = (await witness.session(visitOf(each.cell))) ?? each.evidence?.session;
    const refused = refusals(each.cell);
    found.set(each, { ...each, evidence: { refused, ...(session === undefined ? {} : { session }) } });
  }
  return tried.map((each) => found.get(each) ?? each);
}

/** The gateway has IPv4 doors only: what knocks over IPv6 never comes to it. */
function isAtTheGateway(cell: Cell): boolean {
  return cell.kind === "relayed" && cell.case !== "ipv6";
}

async function refusalsOf(asked: readonly Tried[], witness: Witness): Promise<(cell: Cell) => boolean> {
  const turnedAway = asked.filter(({ cell, heard }) => cell.expect === "refuse" && heard?.how === "reset");
  const expected = Map.groupBy(turnedAway, ({ cell }) => cell.from ?? "");
  const deadline = performance.now() + WRITTEN_DOWN;
  for (;;) {
    const bySource = await witness.refused("source");
    const isWhole = (source: string): boolean => (bySource.get(source) ?? 0) >= (expected.get(source)?.length ?? 1);
    if ([...expected.keys()].every(isWhole)) return ({ from = "" }) => isWhole(from);
    if (performance.now() > deadline) {
      const byFlow = await witness.refused("flow");
      return ({ from = "", flow }) => isWhole(from) || (bySource.has(from) && byFlow.has(flow));
    }
    await moment(LOOK_AGAIN);
  }
}

function moment(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
