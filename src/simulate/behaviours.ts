/** What simulated terminals do, one row each. `docs/cli.md` shows the same table under `simulate`. */
import type { Message } from "./caisse-ap.ts";
import { printMessage } from "./caisse-ap.ts";
import type { DeclineReason } from "./messages.ts";
import { answersAtOnce, negativeAnswer, positiveAnswer, withReceipt } from "./messages.ts";
import type { TerminalSession } from "./session.ts";

/** Longest time a customer may take, in milliseconds: what tills wait for. */
export const LONGEST_DELAY = 180_000;

/** Smallest answer of `receipt`, in bytes. */
export const RECEIPT_BYTES = 65_536;

const PIECES = 4;

export interface Settings {
  /** How long the customer takes, in milliseconds; not used where no customer is asked. */
  readonly delay: number;
  /** Pause between the pieces of `split`, and before the reset of `cut`, in milliseconds. */
  readonly gap: number;
  /** Why `decline` declines. */
  readonly reason: DeclineReason;
}

export interface Behaviour {
  readonly description: string;
  /** Rejects where the session is over before the script is. */
  readonly script: (session: TerminalSession, settings: Settings) => Promise<void>;
  /** Sessions at once; a further connection is reset. Absent: as many as come. */
  readonly sessions?: number;
  /** Absent: it listens. */
  readonly listens?: false;
}

const TABLE = {
  pay: { description: "answers after the delay, then closes when the client closes", script: pay },
  decline: { description: "as pay, but answers that the payment was refused", script: decline },
  split: { description: "as pay, with the answer in four pieces and gaps between them", script: split },
  receipt: { description: "as pay, with an answer of 64 KiB", script: receipt },
  busy: { description: "as pay, one session at a time: a second connection is reset", script: pay, sessions: 1 },
  "closes-first": { description: "answers after the delay and closes at once", script: closesFirst },
  "never-closes": {
    description: "answers after the delay and never closes, not even after the client",
    script: keepOpen,
  },
  "half-close": {
    description: "answers only after the client has ended its direction, then closes",
    script: halfClose,
  },
  silent: { description: "reads the request and never answers; closes when the client closes", script: silent },
  stall: { description: "accepts and never reads a byte", script: stall },
  cut: { description: "sends half of the answer, then resets", script: cut },
  reset: { description: "resets when the request is complete", script: reset },
  "reset-at-once": { description: "resets every connection before reading", script: resetAtOnce },
  refuse: { description: "does not listen: connections are refused", script: resetAtOnce, listens: false },
} as const satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof TABLE;

export const BEHAVIOURS: Readonly<Record<BehaviourName, Behaviour>> = TABLE;

/** Whether a text names a behaviour. */
export function isBehaviour(name: string): name is BehaviourName {
  return Object.hasOwn(BEHAVIOURS, name);
}

async function pay(session: TerminalSession, settings: Settings): Promise<void> {
  await answer(session, settings, positiveAnswer);
  await closeAfterClient(session);
}

async function decline(session: TerminalSession, settings: Settings): Promise<void> {
  await answer(session, settings, (request) => negativeAnswer(request, settings.reason));
  await closeAfterClient(session);
}

async function split(session: TerminalSession, settings: Settings): Promise<void> {
  const bytes = printMessage(await afterCustomer(session, settings, positiveAnswer));
  const size = Math.ceil(bytes.length / PIECES);
  const pieces = Array.from({ length: PIECES }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  await session.answer(pieces, settings.gap);
  await closeAfterClient(session);
}

async function receipt(session: TerminalSession, settings: Settings): Promise<void> {
  await answer(session, settings, (request) => withReceipt(positiveAnswer(request), RECEIPT_BYTES));
  await closeAfterClient(session);
}

async function closesFirst(session: TerminalSession, settings: Settings): Promise<void> {
  await answer(session, settings, positiveAnswer);
  session.end();
}

async function keepOpen(session: TerminalSession, settings: Settings): Promise<void> {
  await answer(session, settings, positiveAnswer);
}

async function halfClose(session: TerminalSession, settings: Settings): Promise<void> {
  await session.request();
  await session.clientEnd();
  await closesFirst(session, settings);
}

async function silent(session: TerminalSession): Promise<void> {
  await session.request();
  await closeAfterClient(session);
}

/** A session that nobody asks for its request reads nothing, and then sees no end of the client either. */
async function stall(): Promise<void> {
  return Promise.resolve();
}

async function cut(session: TerminalSession, settings: Settings): Promise<void> {
  const bytes = printMessage(await afterCustomer(session, settings, positiveAnswer));
  await session.send(bytes.subarray(0, Math.floor(bytes.length / 2)));
  // An RST right behind data may overtake it in the peer's kernel: the half would never be seen.
  await session.wait(settings.gap);
  session.reset();
}

async function reset(session: TerminalSession): Promise<void> {
  await session.request();
  session.reset();
}

async function resetAtOnce(session: TerminalSession): Promise<void> {
  session.reset();
  return Promise.resolve();
}

async function answer(
  session: TerminalSession,
  settings: Settings,
  make: (request: Message) => Message,
): Promise<void> {
  const bytes = printMessage(await afterCustomer(session, settings, make));
  await session.answer([bytes], settings.gap);
}

/** The answer, once the customer has done: the delay, unless this request is answered at once. */
async function afterCustomer(
  session: TerminalSession,
  settings: Settings,
  make: (request: Message) => Message,
): Promise<Message> {
  const request = await session.request();
  if (!answersAtOnce(request)) await session.wait(settings.delay);
  return make(request);
}

async function closeAfterClient(session: TerminalSession): Promise<void> {
  await session.clientEnd();
  session.end();
}
