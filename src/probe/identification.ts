/** What a Caisse-AP terminal is asked by `probe: identify`: who it is. No customer, no money; the answer is not kept. */
import type { ProbeQuestion } from "../engine/engine.ts";
import { NOTHING_READ, printMessage, readMore } from "../simulate/caisse-ap.ts";
import { identificationRequest } from "../simulate/messages.ts";

/** Till number 99: none that pays. */
const TILL = 99;

export const IDENTIFICATION: ProbeQuestion = {
  bytes: printMessage(identificationRequest({ till: TILL })),
  // Whatever it says of itself: a first whole field is an answer of this protocol.
  isAnswer: (said) => readMore(NOTHING_READ, Buffer.from(said)).fields.length > 0,
};
