/** `ecluse why TERMINAL`: the way from the till to a terminal, step by step, and the one that breaks. */
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import { auditedOf } from "../../audit/audited.ts";
import type { HostFacts } from "../../audit/facts.ts";
import { collect } from "../../audit/host/collect.ts";
import { whyAskings } from "../../diagnose/why/askings.ts";
import { type Target, lookAround } from "../../diagnose/why/look.ts";
import { type GatewayWord, type Looks, type Walk, openSessions } from "../../diagnose/why/step.ts";
import { type Why, mayLook, stepsHere, why } from "../../diagnose/why/why.ts";
import { EcluseError } from "../../errors.ts";
import type { Inventory } from "../../inventory/model.ts";
import { quote } from "../../inventory/quote.ts";
import { selected } from "../../inventory/selected.ts";
import { compile } from "../../policy/compile.ts";
import type { Policy, RelayedFlow } from "../../policy/policy.ts";
import { ask } from "../ask.ts";
import { checkedInventory } from "../checked-inventory.ts";
import type { Invocation, Run } from "../command.ts";
import { textOption } from "../given.ts";

export const run: Run = async (invocation) => {
  const { inventory } = checkedInventory(invocation, "say why by");
  const policy = compile(inventory);
  const flow = oneOf(invocation.operands[0] ?? "", policy);
  const from = sourceOf(textOption(invocation.options, "from"));
  const found = await walked(invocation, { inventory, policy, flow, from });
  if (invocation.options["json"] === undefined) invocation.io.out(asText(found));
  else invocation.io.out(`${JSON.stringify(found, null, 2)}\n`);
  return found.broken === undefined ? 0 : 1;
};

function oneOf(text: string, { flows }: Policy): RelayedFlow {
  const relayed = flows.filter((flow) => flow.kind === "relayed");
  const [flow, ...others] = selected(text, relayed);
  if (flow !== undefined && others.length === 0) return flow;
  throw new EcluseError("usage", `Cannot say why of ${quote(text)}: it names ${others.length + 1} flows`, {
    hint: `name one terminal: ${flow?.id ?? ""}`,
  });
}

function sourceOf(text: string | undefined): Ipv4 | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  if (text === undefined || address !== undefined) return address;
  throw new EcluseError("usage", `Cannot read ${quote(text)}: no IPv4 address`, {
    hint: "write the till's address: --from 203.0.113.7",
  });
}

interface Asked {
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly flow: RelayedFlow;
  readonly from: Ipv4 | undefined;
}

async function walked(invocation: Invocation, { inventory, policy, flow, from }: Asked): Promise<Why> {
  const [facts, gateway] = await Promise.all([readHere(flow), wordOf(invocation, flow)]);
  const audited = auditedOf(facts, { inventory, policy, at: Date.now() });
  const walk: Walk = { flow, name: nameOf(flow), audited, gateway, ...(from === undefined ? {} : { from }) };
  const here = stepsHere(walk);
  return why(
    walk,
    here,
    mayLook(here) ? await looksOf(walk, policy) : { terminal: "the way to it is not known", neighbours: [] },
  );
}

/** Beside each other: whoever waits at the till does not wait for their sum. */
async function readHere(flow: RelayedFlow): Promise<HostFacts> {
  const groups = whyAskings(flow).map((askings) => collect({ host: "gateway", askings, shell: ["sh"], now: Date.now }));
  const read = await Promise.all(groups);
  const taken = new Date().toISOString();
  return { format: 1, host: "gateway", taken, readings: read.flatMap(({ readings }) => readings) };
}

function nameOf({ id, position }: RelayedFlow): string {
  return position === undefined ? id : `terminal ${position.terminal} of depot ${position.depot}`;
}

/** Longest wait for the running gateway, in milliseconds: it may hang, and be what is looked for. */
const PATIENCE = 3_000;

async function wordOf(invocation: Invocation, flow: RelayedFlow): Promise<GatewayWord> {
  const { id, position } = flow;
  const depot = position === undefined ? id : `depot${position.depot}`;
  const calling = { patience: PATIENCE };
  try {
    const [status, sessions] = await Promise.all([
      ask(invocation, "status", { select: id }, calling),
      ask(invocation, "sessions", { select: depot }, calling),
    ]);
    const [operation] = status.operations;
    const blocked = status.doors.blocked.map(({ message }) => message);
    const live = { blocked, grants: status.grants.list, sessions, ...(operation === undefined ? {} : { operation }) };
    return { kind: "answered", flow: live };
  } catch (error) {
    if (!(error instanceof EcluseError)) throw error;
    return error.code === "no-such-flow" ? { kind: "not-applied" } : { kind: "silent", message: error.message };
  }
}

/** The terminal and its neighbours, but none where somebody is inside, or where the inventory forbids it. */
async function looksOf(walk: Walk, policy: Policy): Promise<Looks> {
  const { flow, gateway } = walk;
  const inside = gateway.kind === "answered" ? gateway.flow.sessions.filter((each) => each.flow === flow.id) : [];
  if (inside.length > 0) return { terminal: `a session is ${inside[0]?.phase ?? ""} at it`, neighbours: [] };
  if (isQuiet(walk, flow)) return { terminal: "the inventory says probe: none", neighbours: [] };
  const busy = new Set(openSessions(walk).map((each) => each.flow));
  const neighbours = policy.flows.filter(
    (each) =>
      each.kind === "relayed" &&
      each.id !== flow.id &&
      each.position !== undefined &&
      each.position.depot === flow.position?.depot &&
      !busy.has(each.id) &&
      !isQuiet(walk, each),
  );
  return lookAround(targetOf(flow), (neighbours as readonly RelayedFlow[]).map(targetOf));
}

function isQuiet({ audited }: Walk, { position }: RelayedFlow): boolean {
  const depot = audited.inventory.depots.find(({ number }) => number === position?.depot);
  return depot?.terminals.find(({ number }) => number === position?.terminal)?.probe === "none";
}

function targetOf({ id, target }: RelayedFlow): Target {
  return { flow: id, target };
}

const STATES = { passed: "ok", breaks: "BREAKS", unknown: "unknown" } as const;

function asText({ steps, said, fix }: Why): string {
  const blocks = steps.map(({ name, state, what, evidence: { source, line } }) => {
    const read = line === "" ? source : `${source}: ${line.replaceAll("\n", `\n${" ".repeat(27)}`)}`;
    return `${STATES[state].padEnd(8)} ${name.padEnd(11)} ${what}\n${" ".repeat(21)}read: ${read}\n`;
  });
  return `${blocks.join("")}\n${said}\n${fix === "" ? "" : `fix: ${fix}\n`}`;
}
