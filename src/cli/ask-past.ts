/** Puts a question about the past to the running gateway; where none runs, to the journal that it left. */
import { join } from "node:path";
import type { Answered } from "../answers/answered.ts";
import { inventoryOf } from "../change/history-inventory.ts";
import { History } from "../change/history.ts";
import type { Parameters } from "../control/routes.ts";
import { EcluseError } from "../errors.ts";
import { escapeControls } from "../inventory/quote.ts";
import { JournalError } from "../journal/errors.ts";
import { type OperatorAnswers, operatorAnswers } from "../journal/operator-answers.ts";
import { type StoppedJournal, openStoppedJournal } from "../journal/stopped-journal.ts";
import { compile } from "../policy/compile.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import { ask } from "./ask.ts";
import { systemClock } from "./clock.ts";
import type { Invocation } from "./command.ts";
import { stateFolder } from "./control-socket.ts";

type Given = Pick<Invocation, "options" | "io">;
type Past = keyof OperatorAnswers;

/**
 * Says on stderr that no gateway runs where the file is read instead. Throws `no-gateway` where there is no file either, or
 * a gateway is there and does not answer; `journal-unavailable` where the file cannot be read.
 */
export async function askPast<Name extends Past>(
  given: Given,
  name: Name,
  parameters: Partial<Parameters<Name>>,
): Promise<Answered[Name]> {
  try {
    return await ask(given, name, parameters);
  } catch (error) {
    const state = isNobodyThere(error) ? stateFolder(given) : undefined;
    using journal = state === undefined ? undefined : openStopped(join(state, "journal.sqlite"));
    if (state === undefined || journal === undefined) throw error;
    given.io.err(
      `ecluse: warning: no gateway runs: ${escapeControls(join(state, "journal.sqlite"))} is read directly\n`,
    );
    const flows = (): Promise<readonly RelayedFlow[]> => carriedLast(state, name);
    const answers = operatorAnswers({ journal, flows, inside: () => [], now: systemClock.wall });
    return (await (answers[name] as (question: unknown) => Promise<unknown>)(parameters)) as Answered[Name];
  }
}

/** A gateway that hangs, or whose socket is not ours to use, is still one that runs. */
function isNobodyThere(error: unknown): boolean {
  if (!(error instanceof EcluseError) || error.code !== "no-gateway") return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED";
}

/** `undefined`: there is no such file. */
function openStopped(file: string): StoppedJournal | undefined {
  try {
    return openStoppedJournal(file);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    if (error.problem === "no-journal") return undefined;
    throw new EcluseError("journal-unavailable", error.message, { hint: error.hint, cause: error });
  }
}

/**
 * The flows of the inventory that was applied last. Without one, a selector still finds what the journal knows; grants
 * that nobody used cannot be told then, and what stands in the way is thrown.
 */
async function carriedLast(state: string, name: Past): Promise<readonly RelayedFlow[]> {
  try {
    const entry = await (await History.open(state)).last();
    const inventory = entry === undefined ? undefined : inventoryOf(entry).inventory;
    if (inventory !== undefined) return compile(inventory).flows.filter((flow) => flow.kind === "relayed");
    throw new Error("no inventory was applied there");
  } catch (cause) {
    if (name !== "usage") return [];
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EcluseError("inventory-unreadable", `Cannot tell which grants there are: ${escapeControls(why)}`, {
      hint: "start the gateway, and ask it",
      cause,
    });
  }
}
