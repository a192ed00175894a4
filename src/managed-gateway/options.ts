/** What a managed gateway is started with: what is its alone, and, as `Settings`, what the process after it is given, too. */
import type { LoadResult } from "../inventory/load.ts";
import type { Origin } from "../change/read-apart.ts";
import type { Clock, Inherited } from "../engine/engine.ts";
import type { GatewayEvent } from "../observe/events.ts";
import type { Settings } from "../take-over/messages.ts";
import type { Predecessor } from "../take-over/predecessor.ts";
import type { Program } from "../take-over/successor.ts";

export interface ManagedGatewayOptions extends Settings {
  /** What the file said a moment ago, so that it need not be read again; without errors. */
  readonly first?: LoadResult;
  readonly clock: Clock;
  readonly read: (origin: Origin) => Promise<LoadResult>;
  /** Called for each event; must neither throw nor wait. */
  readonly tell: (event: GatewayEvent) => void;
  /** How this program was called; called so again, it takes over. */
  readonly program: Program;
  /** How often refusals are told while they go on, in milliseconds; default as `Gateway` has it. */
  readonly refusalPeriod?: number;
  /** The program that serves the dashboard; absent: nobody does. */
  readonly dashboard?: URL;
  /** Sockets that listen already. */
  readonly inherited?: Inherited;
  /** The process to take over from. */
  readonly predecessor?: Predecessor;
  /** Called once every door is open, and awaited before a predecessor is let go. */
  readonly serving?: () => Promise<void>;
  /** With the kernel engine: doors and sessions stay when the gateway stops. */
  readonly keepRules?: boolean;
  /** Which start of the machine this is, where the service manager says so; default: as the kernel says. */
  readonly boot?: string | undefined;
}
