/**
 * Taking over from the process that serves: this one gets the doors, and decides about the sessions that stay in that one to
 * their end. The other side of `HandOver`; how and why: docs/decisions/take-over.md.
 */
import type { ControlServer } from "../control/server.ts";
import type { TakenOver } from "../engine/handover.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Records } from "../journal/records.ts";
import type { Predecessor } from "../take-over/predecessor.ts";
import type { ManagedGatewayOptions } from "./options.ts";

export interface TakeOverOptions {
  readonly gateway: Gateway;
  readonly control: ControlServer;
  readonly records: Records;
  readonly tell: ManagedGatewayOptions["tell"];
  readonly serving: ManagedGatewayOptions["serving"];
}

/** Resolves once every door is open and the other process let go. Where that fails, it goes on, and this throws why. */
export async function takeOver(predecessor: Predecessor, options: TakeOverOptions): Promise<void> {
  const { gateway, control, records, tell, serving } = options;
  const yours = await predecessor.ready();
  await control.publish();
  const taken = gateway.takeOver(yours, (order) => predecessor.order(order));
  follow(predecessor, taken, tell);
  records.open();
  tell({ event: "took-over", from: predecessor.pid, sessions: yours.sessions.length });
  try {
    await taken.opened;
    await serving?.();
  } catch (error) {
    predecessor.giveUp();
    throw error;
  }
  predecessor.serving();
}

/** Its sessions go on there: what it reports of them, and that it has gone. */
function follow(predecessor: Predecessor, taken: TakenOver, tell: TakeOverOptions["tell"]): void {
  predecessor.follow({
    reported: (report) => taken.reported(report),
    gone: () => {
      if (taken.size > 0) tell({ event: "lost", process: predecessor.pid, sessions: taken.size });
      taken.lost();
    },
  });
}
