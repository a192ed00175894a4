/**
 * Why a terminal cannot be reached: the way from the till to it, step by step, until one breaks.
 *
 * Pure, over what was read and what the gateway said. Only a way that holds as far as the tunnel is worth a connection: where
 * packets would leave by another interface, none is sent. `look.ts` connects.
 */
import { isLoopback } from "../tunnelled-depots.ts";
import { neighboursStep, terminalStep } from "./answers.ts";
import { firewallStep } from "./firewall.ts";
import { listenerStep, routeStep, tunnelStep } from "./path.ts";
import { grantStep, inventoryStep, operatorStep } from "./rights.ts";
import { type Look, type Looks, type Step, type Walk, openSessions } from "./step.ts";

export interface Why {
  readonly flow: string;
  /** In their order; the last is the one that breaks, where one does. */
  readonly steps: readonly Step[];
  /** Absent: none does. */
  readonly broken?: Step["name"];
  /** One sentence. */
  readonly said: string;
  readonly fix: string;
}

/** On this host: whether there is a door for the connection, what stands before it, and the way on behind it. */
const ON_THIS_HOST: readonly ((walk: Walk) => Step)[] = [
  inventoryStep,
  grantStep,
  operatorStep,
  listenerStep,
  firewallStep,
  routeStep,
];

/** As far as the route, up to the first that breaks. */
export function stepsHere(walk: Walk): readonly Step[] {
  return untilBroken(ON_THIS_HOST.map((judged) => () => [judged(walk)]));
}

/** Whether a connection from here is of use, and harms nobody: the way holds, and is known to. */
export function mayLook(steps: readonly Step[]): boolean {
  return steps.some(({ name, state }) => name === "route" && state === "passed") && !steps.some(isBroken);
}

export function why(walk: Walk, here: readonly Step[], looks: Looks): Why {
  const hasAnswered = openSessions(walk).length > 0 || [looks.terminal, ...looks.neighbours].some(isAnswer);
  const steps = untilBroken([
    () => here,
    () => (isTunnelled(walk) ? [tunnelStep(walk, hasAnswered)] : []),
    () => neighboursStep(walk, looks),
    () => [terminalStep(walk, looks)],
  ]);
  const broken = steps.find(isBroken);
  return {
    flow: walk.flow.id,
    steps,
    ...(broken === undefined ? {} : { broken: broken.name }),
    said: capitalised(broken?.said ?? wellSaid(walk, steps)),
    fix: broken?.fix ?? "",
  };
}

function wellSaid({ name }: Walk, steps: readonly Step[]): string {
  const last = steps.at(-1);
  if (last?.state === "passed") return `${name} can be reached.`;
  return `Nothing on the way to ${name} breaks; whether it answers was not tried: ${last?.evidence.line ?? ""}.`;
}

/** Terminals on loopback, and flows that lead elsewhere, are behind no tunnel. */
function isTunnelled({ flow }: Walk): boolean {
  return flow.position !== undefined && !isLoopback(flow.target.address);
}

function isAnswer(look: Look | string): boolean {
  return typeof look !== "string" && look.answer !== "silent";
}

function capitalised(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

function isBroken({ state }: Step): boolean {
  return state === "breaks";
}

function untilBroken(parts: readonly (() => readonly Step[])[]): readonly Step[] {
  const steps: Step[] = [];
  for (const part of parts) {
    if (steps.some(isBroken)) break;
    steps.push(...part());
  }
  return steps;
}
