/** Owner, reason, approver and the dates of review; the next one is six months after the last (PCI DSS 1.2.7). */
import { addMonths, dayOf } from "../instant.ts";
import type { Accountability } from "../model.ts";
import { quote } from "../quote.ts";
import { defined, type Reading } from "../reading.ts";
import type { RawAccountability } from "../schema.ts";
import type { Path } from "../tree.ts";
import { date, prose } from "./values.ts";

const MONTHS_BETWEEN_REVIEWS = 6;

/** What was written at `path`, and what `inherited` says where nothing was. */
export function accountability(
  reading: Reading,
  raw: RawAccountability,
  path: Path,
  inherited: Accountability = {},
): Accountability {
  const said = (key: "owner" | "reason" | "approver"): string | undefined => {
    const text = raw[key];
    return text === undefined ? inherited[key] : prose(reading, { text, path: [...path, key] });
  };
  const people = { owner: said("owner"), reason: said("reason"), approver: said("approver") };
  return defined({ ...people, ...reviews(reading, raw, path, inherited) });
}

function reviews(
  reading: Reading,
  raw: RawAccountability,
  path: Path,
  inherited: Accountability,
): { readonly reviewed: string | undefined; readonly nextReview: string | undefined } {
  if (raw.reviewed === undefined && raw.nextReview === undefined) {
    return { reviewed: inherited.reviewed, nextReview: inherited.nextReview };
  }
  const read = (key: "reviewed" | "nextReview"): string | undefined => {
    const text = raw[key];
    return text === undefined ? undefined : date(reading, { text, path: [...path, key] });
  };
  const reviewed = read("reviewed") ?? (raw.reviewed === undefined ? inherited.reviewed : undefined);
  const nextReview = read("nextReview") ?? (reviewed && addMonths(reviewed, MONTHS_BETWEEN_REVIEWS));
  judge(reading, path, { ...defined({ reviewed, nextReview }), given: raw.nextReview !== undefined });
  return { reviewed, nextReview };
}

function judge(
  reading: Reading,
  path: Path,
  {
    reviewed,
    nextReview,
    given,
  }: { readonly reviewed?: string; readonly nextReview?: string; readonly given: boolean },
): void {
  const today = dayOf(reading.now);
  if (reviewed !== undefined && reviewed > today) {
    const message = `a review on ${quote(reviewed)} lies in the future (today is ${today})`;
    reading.complain({
      code: "review-in-future",
      path: [...path, "reviewed"],
      message,
      hint: "write the day it was done",
    });
  }
  if (nextReview !== undefined && nextReview < today) {
    const message = `the review was due on ${nextReview}`;
    const hint = "review who may enter and why, then write the day in reviewed";
    reading.complain({ code: "review-missed", path: [...path, given ? "nextReview" : "reviewed"], message, hint });
  }
}
