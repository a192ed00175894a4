/**
 * What till and terminal say to each other in Caisse-AP: the requests, the answers, and when a request is complete.
 *
 * Tags used here: CZ protocol version, CJ identifier of the till's software, CA till number, CB amount, CD action,
 * CE currency, BA when to answer, AE outcome, AF reason, AA card number, AC authorisation number.
 */
import type { Field, Message, Reading } from "./caisse-ap.ts";
import { valueOf } from "./caisse-ap.ts";

const VERSION = "0300";
const SOFTWARE = "000000000000";
const EURO = "978";
const DEBIT = "0";
const REIMBURSEMENT = "1";
const IDENTIFICATION = "I";

/** A card number that no card has: answers hold one in `AA`, and a simulated one must never be taken for real. */
export const NO_CARD = "0".repeat(16);

/** Reasons of an answer "not done" (`AF`), as the public simulator of Caisse-AP over IP names them. */
export const DECLINE_REASONS = {
  "04": "refused",
  "05": "forbidden",
  "08": "no answer of the customer in time",
  "09": "malformed request",
  "11": "abandoned by the customer",
} as const;

export type DeclineReason = keyof typeof DECLINE_REASONS;

/** What a request asks for; `other` is a cancellation, a duplicate, or an action unknown here. */
export type RequestKind = "payment" | "reimbursement" | "identification" | "other";

/** A debit in euros. `amountCents` is a whole number from 1 with at most 12 digits, `till` is 0..99. */
export function paymentRequest({
  amountCents,
  till,
}: {
  readonly amountCents: number;
  readonly till: number;
}): Message {
  if (!Number.isInteger(amountCents) || amountCents < 1 || amountCents > 999_999_999_999) {
    throw new RangeError("an amount is a whole number of cents with at most 12 digits");
  }
  return [
    ...opening(till),
    { tag: "CB", value: twoDigits(amountCents) },
    { tag: "CD", value: DEBIT },
    { tag: "CE", value: EURO },
  ];
}

/** Asks the terminal who it is: no customer, no money. */
export function identificationRequest({ till }: { readonly till: number }): Message {
  return [...opening(till), { tag: "CD", value: IDENTIFICATION }];
}

/**
 * Whether a request is all there. The protocol has no way to say so; here it is when the bytes end with a whole field
 * and the tags that this action needs have come: for a debit (CD=0) or reimbursement (CD=1) CZ, CJ, CA, CB, CD and CE,
 * for an identification (CD=I) CZ and CD, for any other CZ, CJ, CA and CD. So a request may come in pieces and in any
 * order. What comes after (an optional tag in a segment of its own) is not waited for.
 */
export function isCompleteRequest({ fields, rest, unreadable }: Reading): boolean {
  if (rest !== "" || unreadable) return false;
  return neededTags(valueOf(fields, "CD")).every((tag) => valueOf(fields, tag) !== undefined);
}

/** What a complete request asks for. */
export function kindOfRequest(request: Message): RequestKind {
  const action = valueOf(request, "CD");
  if (action === DEBIT) return "payment";
  if (action === REIMBURSEMENT) return "reimbursement";
  return action === IDENTIFICATION ? "identification" : "other";
}

/** Whether the terminal answers at once instead of after the customer: an identification, or BA=1. */
export function answersAtOnce(request: Message): boolean {
  return kindOfRequest(request) === "identification" || wantsReceiptOfRequest(request);
}

/** The answer where all went well: done (AE=10), or taken into account (AE=11) where the till asked for that (BA=1). */
export function positiveAnswer(request: Message): Message {
  if (wantsReceiptOfRequest(request)) return takenAnswer(request);
  const card = kindOfRequest(request) === "identification" ? [] : CARD;
  return [...echo(request), ...card, { tag: "AE", value: "10" }];
}

/** The answer "taken into account": the request was understood, its outcome comes otherwise. */
export function takenAnswer(request: Message): Message {
  return [...echo(request), { tag: "AE", value: "11" }];
}

/** The answer "not done", with its reason. */
export function negativeAnswer(request: Message, reason: DeclineReason): Message {
  return [...echo(request), { tag: "AE", value: "01" }, { tag: "AF", value: reason }];
}

/** An answer with at least `bytes` bytes: a receipt (ZT) of dashes, in as many fields as it takes. */
export function withReceipt(answer: Message, bytes: number): Message {
  const line: Field = { tag: "ZT", value: "-".repeat(999) };
  return [...answer, ...Array<Field>(Math.ceil(bytes / 1004)).fill(line)];
}

/** How a payment ended, as its answer says; `unknown` where AE is missing or of another value. */
export type Verdict =
  | { readonly kind: "done" }
  | { readonly kind: "taken-into-account" }
  | { readonly kind: "not-done"; readonly reason: string }
  | { readonly kind: "unknown" };

/** Reads the outcome of an answer; `reason` is the two digits of AF, or empty where the terminal gave none. */
export function verdictOf(answer: Message): Verdict {
  const outcome = valueOf(answer, "AE");
  if (outcome === "10") return { kind: "done" };
  if (outcome === "11") return { kind: "taken-into-account" };
  return outcome === "01" ? { kind: "not-done", reason: valueOf(answer, "AF") ?? "" } : { kind: "unknown" };
}

const CARD: Message = [
  { tag: "AA", value: NO_CARD },
  { tag: "AC", value: "000000" },
];
const ECHOED = ["CZ", "CJ", "CA", "CB", "CD", "CE"];

function echo(request: Message): Message {
  return request.filter((field) => ECHOED.includes(field.tag));
}

function opening(till: number): Message {
  if (!Number.isInteger(till) || till < 0 || till > 99) throw new RangeError("a till number is 0 to 99");
  return [
    { tag: "CZ", value: VERSION },
    { tag: "CJ", value: SOFTWARE },
    { tag: "CA", value: twoDigits(till) },
  ];
}

function neededTags(action: string | undefined): readonly string[] {
  if (action === IDENTIFICATION) return ["CZ", "CD"];
  const moves = action === DEBIT || action === REIMBURSEMENT;
  return moves ? ["CZ", "CJ", "CA", "CB", "CD", "CE"] : ["CZ", "CJ", "CA", "CD"];
}

function wantsReceiptOfRequest(request: Message): boolean {
  return valueOf(request, "BA") === "1";
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
