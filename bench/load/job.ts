/** What the bench asks of the load generator (one JSON line) and what it answers (one JSON line). */

/** Where to connect, whose cost to watch, and how long to try. */
export interface Target {
  /** At least one; used in turn by jobs that go through many. */
  readonly doors: readonly [TargetDoor, ...TargetDoor[]];
  /** The relay's first process; absent without a relay. */
  readonly gatewayPid?: number;
  readonly backendPid: number;
  /** Ecluse's control socket, where the gateway is Ecluse. */
  readonly control?: string;
  /** Addresses of the till's host that may not come in. */
  readonly strangers: readonly string[];
  /** The job gives up after these seconds, and says so. */
  readonly deadline: number;
}

/** Where to connect, and the address of the terminal that must answer there. */
export interface TargetDoor {
  readonly host: string;
  readonly port: number;
  readonly terminal: string;
}

export type Work =
  /** `beside`: sessions that are open meanwhile and silent. */
  | {
      readonly kind: "requests";
      readonly connections: number;
      readonly count: number;
      readonly warmup: number;
      readonly beside?: number;
    }
  /** `followers`: how many follow Ecluse's events meanwhile. */
  | {
      readonly kind: "connections";
      readonly concurrency: number;
      readonly count: number;
      readonly warmup: number;
      readonly followers?: number;
    }
  /** `mebibytes` in all, shared by so many connections. */
  | { readonly kind: "bulk"; readonly connections: number; readonly mebibytes: number; readonly warmup: number }
  /**
   * After `warmup` connections the till calls `allowed` times a second, for `quiet` seconds alone and for `seconds` beside
   * `refused` strangers a second.
   */
  | {
      readonly kind: "flood";
      readonly warmup: number;
      readonly allowed: number;
      readonly refused: number;
      readonly quiet: number;
      readonly seconds: number;
    }
  | { readonly kind: "idle"; readonly first: number; readonly more: number }
  | { readonly kind: "doors" }
  /** So many sessions, each asking every so many milliseconds, while the gateway is changed step by step. */
  | { readonly kind: "change"; readonly sessions: number; readonly every: number };

/** One change of a running gateway. */
export interface Step {
  /** Path -> text: put in place before the trigger. */
  readonly files: Readonly<Record<string, string>>;
  readonly trigger: Trigger;
  /** The door that it opens; absent: it opens none. */
  readonly opens?: TargetDoor;
}

/** How a gateway is told to read its files again. */
export type Trigger =
  | { readonly pid: number; readonly signal: NodeJS.Signals }
  /** Ecluse's control socket. */
  | { readonly control: string };

export type Job = Target & (Exclude<Work, { readonly kind: "change" }> | ChangeJob);

type ChangeJob = Extract<Work, { readonly kind: "change" }> & { readonly steps: readonly Step[] };

/** Named numbers; `report.ts` knows the units. */
export type Figures = Readonly<Record<string, number>>;

export interface Answer {
  readonly figures: Figures;
  /** Connections or requests that did not do what they should. */
  readonly failures: number;
  readonly firstFailure?: string;
  /** Why the gateway could not be asked for this at all. */
  readonly leftOut?: string;
}
