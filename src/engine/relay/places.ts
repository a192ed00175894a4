/**
 * Who has a place at which terminal, and who waits for one. Places belong to the target, whatever flow or alias leads to it.
 */
import { type Policy, endpointKey } from "../../policy/policy.ts";
import type { GovernedSession } from "./governed.ts";
import { type Occupant, Slots } from "./slots.ts";

export class Places {
  /** By target. */
  readonly #slots = new Map<number, Slots>();
  #limits: ReadonlyMap<number, number> = new Map();

  /** Has a policy's limits hold from now on. */
  limitBy(policy: Policy): void {
    this.#limits = limitsByTarget(policy);
    for (const [target, slots] of this.#slots) slots.limit = this.#limits.get(target) ?? Infinity;
  }

  /** Gives a session the place that it has, or one that is free, or puts it in line, or turns it away. */
  place(session: GovernedSession, now: number): void {
    if (session.place === "left") return;
    const slots = this.#slotsOf(session.targetKey);
    if (session.place === "held") {
      slots.hold(session);
      return;
    }
    const place = slots.take(session, now);
    if (place === "seated") session.seated();
    else if (place === "full") session.turnedAway();
  }

  /** Gives somebody who is no session a place at a terminal that nobody uses or waits for. Says whether it did. */
  takeIdle(target: number, occupant: Occupant): boolean {
    if (this.#slots.get(target)?.isEmpty === false) return false;
    this.#slotsOf(target).hold(occupant);
    return true;
  }

  /** Its place is another's. */
  leaveIdle(target: number, occupant: Occupant): void {
    this.#leave(target, occupant);
  }

  /** Its place, or its turn, is another's. */
  vacate(session: GovernedSession): void {
    this.#leave(session.targetKey, session);
  }

  /** Writes the books anew, from what each session says of itself. */
  rewrite(sessions: Iterable<GovernedSession>, now: number): void {
    this.#slots.clear();
    const all = [...sessions];
    for (const session of all) if (session.place === "held") this.place(session, now);
    for (const session of all) if (session.place === "wanted") this.place(session, now);
  }

  /** Called a few times a second; `longest`: how long one waits for a session that is closing, in milliseconds. */
  sweep(now: number, longest: number): void {
    for (const slots of this.#slots.values()) slots.sweep(now, longest);
  }

  #leave(target: number, occupant: Occupant): void {
    const slots = this.#slots.get(target);
    slots?.leave(occupant);
    if (slots?.isEmpty === true) this.#slots.delete(target);
  }

  #slotsOf(target: number): Slots {
    const known = this.#slots.get(target);
    if (known !== undefined) return known;
    const slots = new Slots(this.#limits.get(target) ?? Infinity);
    this.#slots.set(target, slots);
    return slots;
  }
}

/** The least of the limits that lead to one target. */
function limitsByTarget(policy: Policy): ReadonlyMap<number, number> {
  const limits = new Map<number, number>();
  for (const flow of policy.flows) {
    if (flow.kind === "local" || flow.sessions === undefined) continue;
    const target = endpointKey(flow.target.address, flow.target.port);
    limits.set(target, Math.min(flow.sessions, limits.get(target) ?? Infinity));
  }
  return limits;
}
