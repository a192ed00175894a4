/**
 * The name of an event: EPOCH-NUMBER. The epoch is the process's own, so that an id of the process before it, whose numbers
 * meant other events, is never taken for one of its own.
 */
import { randomBytes } from "node:crypto";

/** Unlike that of any other process of this gateway. */
export function newEpoch(): string {
  return randomBytes(6).toString("hex");
}

export function formatEventId(epoch: string, number: number): string {
  return `${epoch}-${number}`;
}

/** The number, where the id is of that epoch. */
export function numberIn(epoch: string, id: string): number | undefined {
  const [, theirs, number] = /^([0-9a-f]{1,40})-(\d{1,15})$/.exec(id) ?? [];
  return theirs === epoch ? Number(number) : undefined;
}
