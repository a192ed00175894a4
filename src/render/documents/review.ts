/** Whether something was reviewed in time (PCI DSS v4.0.1, 1.2.7: at least every six months). */
import type { Accountability } from "../../inventory/model.ts";

export type ReviewState = "in-order" | "overdue" | "never";

/** As of a day, `YYYY-MM-DD`; the day on which it is due is still in order. */
export function reviewState({ reviewed, nextReview }: Accountability, day: string): ReviewState {
  if (nextReview !== undefined && nextReview < day) return "overdue";
  return reviewed === undefined && nextReview === undefined ? "never" : "in-order";
}
