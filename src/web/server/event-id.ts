/** The id of an event: which process of the gateway told it, and the how manieth it was there. */
export interface EventId {
  readonly epoch: string;
  readonly number: number;
}

/** `EPOCH-NUMBER`; `undefined` for anything else. */
export function parseEventId(text: string | undefined): EventId | undefined {
  const [, epoch, digits] = /^(.{1,64})-(\d{1,15})$/.exec(text ?? "") ?? [];
  return epoch === undefined ? undefined : { epoch, number: Number(digits) };
}
