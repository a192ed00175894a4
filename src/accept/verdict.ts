/**
 * What was heard, and what the gateway's journal says of it -> the verdict on each cell. Pure.
 *
 * A refusal proves something only where the door is there: a service that is down refuses everybody. So a cell without
 * an answer counts as refused only where somebody, in the same run, had a sign of life from that flow; and what the
 * gateway refused has to stand in its journal.
 */
import type { Cell, Skip } from "./cell.ts";
import type { Heard } from "./knock.ts";

/** What the gateway's journal says of an attempt; absent for a flow that the gateway does not carry. */
export interface Evidence {
  /** The session that it became. */
  readonly session?: { readonly rule: string; readonly outcome: string };
  /** Whether it stands among the refusals of its source. */
  readonly refused: boolean;
}

export interface Tried {
  readonly cell: Cell;
  readonly heard?: Heard;
  readonly evidence?: Evidence;
  /** Why it was not tried after all. */
  readonly skip?: Skip;
}

/**
 * `let-in`: the journal shows a session where none may be. `other-rule`: let in by another rule than the inventory's.
 * `not-reached`: let in, and the target was not reached. `not-in-journal`: the attempt does not stand there. Otherwise
 * how the connection went, as in `Heard`; `status`: by an answer of HTTP.
 */
export type Found = Heard["how"] | "status" | "let-in" | "other-rule" | "not-reached" | "not-in-journal";

export interface Judged extends Cell {
  readonly verdict: "passed" | "failed" | "not-tried";
  readonly found?: Found;
  /** The HTTP status, the rule that let in, or the system's words. */
  readonly detail?: string;
}

export function judgeAll(tried: readonly Tried[]): readonly Judged[] {
  const alive = new Set(tried.filter(isSignOfLife).map(({ cell }) => cell.flow));
  return tried.map((each) => judgeOne(each, alive.has(each.cell.flow)));
}

/** Somebody listened: it accepted the connection, or the gateway knows of the attempt. */
function isSignOfLife({ heard, evidence }: Tried): boolean {
  const accepted = heard?.how === "open" || heard?.how === "reset" || heard?.how === "ended";
  return accepted || evidence?.session !== undefined || evidence?.refused === true;
}

function judgeOne({ cell, heard, evidence, skip = cell.skip }: Tried, isAlive: boolean): Judged {
  if (skip !== undefined || heard === undefined)
    return { ...cell, skip: skip ?? "no-way", verdict: "not-tried", ...whyOf(heard) };
  if (heard.how === "no-way") return { ...cell, skip: "no-way", verdict: "not-tried", ...whyOf(heard) };
  if (cell.expect === "connect") return { ...cell, ...judgeConnect(cell, heard, evidence) };
  return judgeRefusal(cell, { heard, evidence, isAlive });
}

type Outcome = Pick<Judged, "verdict" | "found" | "detail">;

function judgeConnect(cell: Cell, heard: Heard, evidence: Evidence | undefined): Outcome {
  if (cell.kind === "local") return { verdict: isLetIn(heard) ? "passed" : "failed", ...asHeard(heard) };
  const { session } = evidence ?? {};
  if (session === undefined)
    return { verdict: "failed", ...(heard.how === "open" ? { found: "not-in-journal" } : asHeard(heard)) };
  if (session.rule !== cell.source) return { verdict: "failed", found: "other-rule", detail: session.rule };
  if (session.outcome !== "closed" && session.outcome !== "reset" && session.outcome !== "open")
    return { verdict: "failed", found: "not-reached", detail: session.outcome };
  return { verdict: "passed", found: "open" };
}

/** What a guard answers is 403; a connection that says nothing was not refused. */
function isLetIn({ how, status }: Heard): boolean {
  return how === "open" && status !== 403;
}

interface Refusal {
  readonly heard: Heard;
  readonly evidence: Evidence | undefined;
  readonly isAlive: boolean;
}

function judgeRefusal(cell: Cell, { heard, evidence, isAlive }: Refusal): Judged {
  const { session } = evidence ?? {};
  if (session !== undefined) return { ...cell, verdict: "failed", found: "let-in", detail: session.rule };
  if (isLetIn(heard)) return { ...cell, verdict: "failed", ...asHeard(heard) };
  const wasTurnedAway = heard.how === "reset" || heard.how === "ended";
  if (evidence !== undefined && cell.case !== "ipv6" && wasTurnedAway && !evidence.refused)
    return { ...cell, verdict: "failed", found: "not-in-journal" };
  if (!isAlive) return { ...cell, skip: "unproven", verdict: "not-tried", ...asHeard(heard) };
  return { ...cell, verdict: "passed", ...asHeard(heard) };
}

function asHeard(heard: Heard): Pick<Judged, "found" | "detail"> {
  if (heard.status !== undefined) return { found: "status", detail: String(heard.status) };
  return { found: heard.how, ...whyOf(heard) };
}

function whyOf(heard: Heard | undefined): Pick<Judged, "detail"> {
  return heard?.why === undefined ? {} : { detail: heard.why };
}
