/** `ecluse status [SELECTOR]`: what runs, and what needs attention. */
import type { StatusAnswer } from "../../answers/status.ts";
import { formatDuration } from "../../inventory/duration.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { describeTrouble } from "../../probe/correlate.ts";
import { ask, print } from "../ask.ts";
import { checkedInventory } from "../checked-inventory.ts";
import type { Run } from "../command.ts";
import { hostStatus } from "../host-status.ts";
import { formatInstant } from "../instant.ts";
import { counted, formatBytes } from "../table.ts";

/** Lines at most about terminals that are down. */
const MOST_TROUBLES = 20;

/** 1: doors are blocked, the journal lacks rows or cannot be written, or the shield that the inventory asks for is down or stuck. */
export const run: Run = async (invocation) => {
  const [select] = invocation.operands;
  if (invocation.options["host"] !== undefined) {
    return hostStatus(invocation, checkedInventory(invocation, "look at this host by").inventory);
  }
  const answer = await ask(invocation, "status", { select });
  print(invocation, answer, asText);
  return attention(answer).length > 0 ? 1 : 0;
};

function asText(status: StatusAnswer): string {
  const { doors, flows, sessions } = status;
  const lines = [
    ["inventory", inventory(status)],
    ...pending(status),
    ["doors", `${counted(doors.open, "door")} open for ${counted(flows, "flow")}`],
    ...doors.blocked.map(({ flow, message }) => ["blocked", `${flow}: ${message}`]),
    ["sessions", `${sessions.open} open, at most ${sessions.most}${elsewhere(sessions)}`],
    ["health", heard(status)],
    ...troubles(status),
    ...status.operations.map((operation) => [operation.state, operated(operation)]),
    ...status.grants.list.map((grant) => ["grant", granted(grant)]),
    ...status.grants.aside.map(({ grant, flows: at, why }) => ["set aside", `${grant.id} at ${few(at)}: ${why}`]),
    ...journal(status.journal),
    ...shield(status.shield),
    ...attention(status).map((text) => ["attention", text]),
  ];
  return lines.map(([name = "", text = ""]) => `${name.padEnd(10)} ${escapeControls(text)}\n`).join("");
}

function inventory({ inventory: { number, at, author, note, hash } }: StatusAnswer): string {
  const what = note === undefined ? "" : `: ${note}`;
  return `${number} (${hash.slice(0, 12)}), applied ${formatInstant(at)} by ${author}${what}`;
}

function pending({ pending: waits }: StatusAnswer): readonly (readonly string[])[] {
  if (waits === null) return [];
  const back = `goes back to ${waits.rollbackTo} at ${formatInstant(waits.deadline)}`;
  return [["pending", `${waits.number} ${back} (${formatDuration(waits.within)}) unless ecluse confirm comes`]];
}

function elsewhere({ elsewhere: count }: StatusAnswer["sessions"]): string {
  return count === 0 ? "" : `; ${count} of them end in the process before this one`;
}

function heard({ health: { up, down, unheard } }: StatusAnswer): string {
  return `${up} up, ${down} down, ${unheard} not heard of yet`;
}

function troubles({ health }: StatusAnswer): readonly (readonly string[])[] {
  const told = health.troubles
    .slice(0, MOST_TROUBLES)
    .map((trouble) => ["down", describeTrouble(trouble, formatInstant)]);
  const more = health.troubles.length - told.length;
  return more === 0 ? told : [...told, ["down", `and ${more} more: ecluse probe`]];
}

function operated({ flow, by, at, reason }: StatusAnswer["operations"][number]): string {
  return `${flow} since ${formatInstant(at)} by ${by}${reason === undefined ? "" : `: ${reason}`}`;
}

function granted({ id, source, flows, until, reason }: StatusAnswer["grants"]["list"][number]): string {
  return `${id}: ${source} at ${few(flows)} until ${formatInstant(until)}: ${reason}`;
}

function few(flows: readonly string[]): string {
  return flows.length <= 3 ? flows.join(", ") : `${flows.slice(0, 2).join(", ")} and ${flows.length - 2} more`;
}

type Health = StatusAnswer["journal"];

function journal(health: Health): readonly (readonly string[])[] {
  const { state, file, stored, failingSince, lastError, setAside } = health;
  const size = stored === undefined ? "" : ` (${formatBytes(stored.bytes)})`;
  const since = failingSince === undefined ? "" : ` since ${formatInstant(failingSince)}: ${lastError?.message ?? ""}`;
  return [
    ["journal", `${state}${since}, in ${file}${size}`],
    ...(lost(health) === 0 ? [] : [["dropped", `${counted(lost(health), "row")} that could not be written`]]),
    ...setAside.map((aside) => ["set aside", aside]),
  ];
}

function shield({ state }: StatusAnswer["shield"]): readonly (readonly string[])[] {
  return state === "off" ? [] : [["shield", state]];
}

function lost({ dropped }: Health): number {
  return dropped.sessions + dropped.refusals + dropped.changes;
}

/** What makes it exit with 1. */
function attention({ doors: { blocked }, journal: health, shield: kernel }: StatusAnswer): readonly string[] {
  return [
    ...(blocked.length === 0 ? [] : [`${counted(blocked.length, "door")} blocked: nobody can enter there`]),
    ...(health.state === "failing" ? ["the journal cannot be written: what happens meanwhile may be lost to it"] : []),
    ...("message" in kernel ? [`${kernel.message}; ${kernel.hint}`] : []),
    ...(lost(health) === 0 ? [] : [`the journal lacks ${counted(lost(health), "row")}`]),
  ];
}
